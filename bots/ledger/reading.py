"""Rows out of the database: queries only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, true

from bots.ledger.codec import load, load_links, load_todo
from bots.ledger.rows import (
    AUTHOR,
    LEFT_OVER,
    PASSED_OVER,
    SENT_AGAIN,
    SUBSCRIBER,
    VOUCHED,
    Delivery,
    IssueRow,
    Past,
    Pool,
    SectionRow,
    Task,
)
from bots.ledger.tables import deliveries, issues, messages, moves, sections, sightings, stamps, switches, uploads
from bots.model import State
from bots.platforms.base import Sighting

_OPEN = (State.PENDING, State.SENDING, State.FAILED, State.IN_DOUBT)
_CONFIGURED = deliveries.c.destination.not_like(f"{SUBSCRIBER}%")
"""What subscribers get is counted and carried on apart: there may be thousands of them, see `bots.ledger.mailings`."""


def instance(connection: Connection) -> str | None:
    return connection.scalar(select(stamps.c.instance))


def made_at(connection: Connection) -> datetime:
    found: datetime = connection.execute(select(stamps.c.created_at)).scalar_one()
    return found


def begun(connection: Connection) -> frozenset[str]:
    """The issues of which something was handed to a platform, whatever became of it."""
    tried = _CONFIGURED & (deliveries.c.attempt > 0)
    return frozenset(connection.scalars(select(deliveries.c.issue).where(tried).distinct()))


def staying(connection: Connection) -> frozenset[str]:
    """The issues of which readers see something that is to stay."""
    shown = _CONFIGURED & (deliveries.c.state != State.DELETED.value) & (deliveries.c.task != Task.DELETE.value)
    query = select(deliveries.c.issue).join(messages)
    return frozenset(connection.scalars(query.where(shown & (deliveries.c.error_code != LEFT_OVER)).distinct()))


def issue(connection: Connection, issue_id: str) -> IssueRow | None:
    row = connection.execute(select(issues).where(issues.c.id == issue_id)).first()
    return None if row is None else _issue(row)


def all_issues(connection: Connection) -> tuple[IssueRow, ...]:
    return tuple(_issue(row) for row in connection.execute(select(issues).order_by(issues.c.id)))


def past(connection: Connection, issue_id: str, *, subscribers: bool = False) -> Past:
    """All about an issue in the destinations of config.yaml, or in subscribers' chats."""
    here = ~_CONFIGURED if subscribers else _CONFIGURED
    rows = some(connection, here & (deliveries.c.issue == issue_id))
    return Past(issue(connection, issue_id), issue_sections(connection, issue_id), rows)


def of_issue(connection: Connection, issue_id: str) -> tuple[Delivery, ...]:
    """What of an issue is in the destinations of config.yaml."""
    return some(connection, _CONFIGURED & (deliveries.c.issue == issue_id))


def issue_sections(connection: Connection, issue_id: str) -> tuple[SectionRow, ...]:
    query = select(sections).where(sections.c.issue == issue_id).order_by(sections.c.position, sections.c.id)
    return tuple(
        SectionRow(row.id, row.title, tuple(json.loads(row.path)), row.position, row.digest, row.sample)
        for row in connection.execute(query)
    )


def section_digests(connection: Connection) -> Mapping[str, frozenset[str]]:
    """Issue to the hashes of its sections' Markdown: by them a renamed file is recognised."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(sections.c.issue, sections.c.digest)):
        found[row.issue].add(row.digest)
    return {name: frozenset(digests) for name, digests in found.items()}


def of_destination(connection: Connection, issue_id: str, destination: str) -> tuple[Delivery, ...]:
    return some(connection, (deliveries.c.issue == issue_id) & (deliveries.c.destination == destination))


def delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    found = some(connection, deliveries.c.id == delivery_id)
    return found[0] if found else None


def unsettled(connection: Connection, destination: str) -> tuple[Delivery, ...]:
    """Sends to the destination, of any issue, whose outcome is unknown, oldest first."""
    states = [State.SENDING.value, State.IN_DOUBT.value]
    begun = deliveries.c.state.in_(states) & (deliveries.c.task == Task.SEND.value)
    return some(connection, begun & (deliveries.c.destination == destination))


def unfinished(connection: Connection) -> tuple[Delivery, ...]:
    """Everything that is not as it should be, over all issues and destinations."""
    states = deliveries.c.state.in_([state.value for state in _OPEN])
    passed_over = deliveries.c.error_code.in_([PASSED_OVER, VOUCHED])
    return some(connection, _CONFIGURED & (states | (deliveries.c.todo != "") | passed_over))


def highest_id(connection: Connection, destination: str, chat: str | None) -> str | None:
    """The highest message id of ours in the destination; ids are decimal numbers of any length.

    A group that became a supergroup counts anew, so only what was sent to `chat` is asked, where that is known.
    """
    query = select(messages.c.message_id).join(deliveries)
    here = deliveries.c.destination == destination
    if chat is not None:
        here &= deliveries.c.chat.is_(None) | (deliveries.c.chat == chat)
    # Longer is higher among decimal numbers, and no database needs to be told how to cast a snowflake.
    order = (func.length(messages.c.message_id).desc(), messages.c.message_id.desc())
    return connection.scalar(query.where(here).order_by(*order).limit(1))


def known_ids(connection: Connection, destination: str, above: str | None) -> frozenset[str]:
    """Recorded ids of ours in the destination's chat, those of other destinations in the same chat included."""
    chats = select(deliveries.c.chat).where((deliveries.c.destination == destination) & deliveries.c.chat.is_not(None))
    here = (deliveries.c.destination == destination) | deliveries.c.chat.in_(chats)
    query = select(messages.c.message_id).join(deliveries)
    return frozenset(connection.scalars(query.where(here & _higher(messages.c.message_id, above))))


def strays(connection: Connection, row: Delivery) -> bool:
    """True when another send may have left a message above `row.after` in the destination that no delivery owns.

    What was tried before a later send was confirmed lies below that one's id (telegram.md 7.2), hence `after`.
    """
    since = deliveries.c.after.is_not_distinct_from(row.after) & (deliveries.c.attempt > 0)
    other = (deliveries.c.destination == row.destination) & (deliveries.c.id != row.id)
    unowned = ~exists().where(messages.c.delivery == deliveries.c.id)
    states = [State.SENDING, State.IN_DOUBT, State.SENT, State.DELETED]
    doubted = deliveries.c.error_code.in_([AUTHOR, SENT_AGAIN])
    open_ended = deliveries.c.state.in_([state.value for state in states]) | doubted
    return connection.scalar(select(deliveries.c.id).where(other & since & unowned & open_ended).limit(1)) is not None


def seen(connection: Connection, platform: str, chat: str, above: str | None) -> tuple[Sighting, ...]:
    """What witnesses showed of a chat, in the order of the ids."""
    here = (sightings.c.platform == platform) & (sightings.c.chat == chat.lower())
    query = select(sightings.c.message_id, sightings.c.payload).where(here & _higher(sightings.c.message_id, above))
    order = (func.length(sightings.c.message_id), sightings.c.message_id)
    return tuple(
        Sighting(row.message_id, json.loads(row.payload)) for row in connection.execute(query.order_by(*order))
    )


def _higher(column: ColumnElement[str], above: str | None) -> ColumnElement[bool]:
    if above is None:
        return true()
    size = func.length(column)
    return (size > len(above)) | ((size == len(above)) & (column > above))


def switch(connection: Connection, name: str) -> str | None:
    return connection.scalar(select(switches.c.value).where(switches.c.name == name))


def uploaded(connection: Connection, pool: Pool, digests: Iterable[str]) -> Mapping[str, str]:
    """Hash of a picture to the platform's id of it, for those that were sent before."""
    here = (uploads.c.platform == pool.platform) & (uploads.c.method == pool.method)
    query = select(uploads.c.digest, uploads.c.file).where(here & uploads.c.digest.in_(list(digests)))
    return {row.digest: row.file for row in connection.execute(query)}


def moved(connection: Connection, platform: str, chat: str) -> str | None:
    """Where a chat went, None if it did not move."""
    return connection.scalar(select(moves.c.moved_to).where((moves.c.platform == platform) & (moves.c.chat == chat)))


def _issue(row: Row[Any]) -> IssueRow:
    return IssueRow(
        row.id, row.slug, row.title, row.path, row.revision, row.first_published_at, row.withdrawn_at, row.hold
    )


def some(connection: Connection, condition: ColumnElement[bool]) -> tuple[Delivery, ...]:
    """The deliveries for which it holds, with their message ids, destination by destination in sending order."""
    query = select(deliveries).where(condition).order_by(deliveries.c.destination, deliveries.c.seq)
    ids = select(messages).join(deliveries).where(condition)
    owned: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(ids.order_by(messages.c.delivery, messages.c.ord)):
        owned[row.delivery].append(row)
    return tuple(_delivery(row, owned[row.id]) for row in connection.execute(query))


def _delivery(row: Row[Any], owned: Iterable[Row[Any]]) -> Delivery:
    owned = tuple(owned)
    return Delivery(
        id=row.id,
        destination=row.destination,
        issue=row.issue,
        section=row.section,
        part=row.part,
        seq=row.seq,
        state=State(row.state),
        task=Task(row.task),
        payload=load(row.payload),
        source=row.source,
        nonce=row.nonce,
        attempt=row.attempt,
        updated_at=row.updated_at,
        target=None if row.target is None else load(row.target),
        target_source=row.target_source,
        links=load_links(row.links),
        target_links=load_links(row.target_links),
        claimed_at=row.claimed_at,
        after=row.after,
        error_code=row.error_code,
        error=row.error,
        ids=tuple(item.message_id for item in owned),
        url=owned[0].url if owned else None,
        chat=row.chat,
        within=row.within,
        todo=load_todo(row.todo),
    )

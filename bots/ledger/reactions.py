"""Readers' reactions: totals as a platform gives them, each reader's own where it tells them one by one."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, insert, select

from bots.ledger import places
from bots.ledger.places import Known, Spot
from bots.ledger.tables import deliveries, reacted, readers, tallies

MOST_REACTIONS = 50
"""Different ones kept of a message; Discord has at most 20, Telegram hardly more."""
_CHUNK = 500
"""Ids in one query."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often readers reacted to the messages of a section in a destination with one emoji."""

    destination: str
    section: str
    reaction: str
    number: int


def total(connection: Connection, spot: Spot, counts: Mapping[str, int], now: datetime) -> None:
    """All reactions to a message as they are now, in place of what was known."""
    connection.execute(delete(tallies).where(_at(tallies.c, spot)))
    kept = sorted((each for each in counts.items() if each[1] > 0), key=lambda each: (-each[1], each[0]))
    rows = [
        {**_columns(spot), "reaction": reaction, "number": number, "updated_at": now}
        for reaction, number in kept[:MOST_REACTIONS]
    ]
    if rows:
        connection.execute(insert(tallies), rows)


def of_reader(connection: Connection, spot: Spot, who: str, reactions: Iterable[str], now: datetime) -> None:
    """All reactions of one reader to a message, in place of what was known."""
    connection.execute(delete(reacted).where(_at(reacted.c, spot) & (reacted.c.who == who)))
    kept = sorted(set(reactions))[:MOST_REACTIONS]
    if kept:
        values = {**_columns(spot), "who": who, "reactions": json.dumps(kept), "updated_at": now}
        connection.execute(insert(reacted).values(**values))


def forget(connection: Connection, platform: str, who: str) -> None:
    """Take a reader's own reactions out."""
    connection.execute(delete(reacted).where((reacted.c.platform == platform) & (reacted.c.who == who)))


def of_issue(connection: Connection, issue: str, known: Known) -> tuple[Tally, ...]:
    """The reactions to an issue. What is shown in two places of one message is counted where it is more."""
    rooms = places.rooms(connection, deliveries.c.issue == issue, known)
    owners = {
        row.id: (row.destination, row.section)
        for row in connection.execute(select(deliveries).where(deliveries.c.issue == issue))
    }
    counted: defaultdict[int, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for spot, reaction, number in _numbers(connection, {spot.message_id for spot in rooms}):
        if spot in rooms:
            delivery, chat = rooms[spot]
            counted[delivery][chat][reaction] += number
    found: Counter[tuple[str, str, str]] = Counter()
    for delivery, chats in counted.items():
        for reaction, number in _most(chats.values()).items():
            found[*owners[delivery], reaction] += number
    return tuple(Tally(*key, number) for key, number in sorted(found.items()))


def strangers(connection: Connection, before: datetime, known: Known) -> tuple[Spot, ...]:
    """Messages that are not ours, with reactions old enough to be sure of it. Looks at every message there is."""
    ours = places.rooms(connection, deliveries.c.id.is_not(None), known)
    found = dict[Spot, None]()
    for table in (tallies, reacted):
        old = select(table.c.platform, table.c.chat, table.c.message_id).where(table.c.updated_at < before).distinct()
        found |= {Spot(*row): None for row in connection.execute(old) if _spot(row) not in ours}
    return tuple(found)


def drop(connection: Connection, spots: Iterable[Spot]) -> None:
    """Delete the reactions to some messages."""
    for spot in spots:
        for table in (tallies, reacted):
            connection.execute(delete(table).where(_at(table.c, spot)))


def _most(counts: Iterable[Counter[str]]) -> Counter[str]:
    """A channel's post and its copy in the discussion group show the same reactions: never the sum of both."""
    found: Counter[str] = Counter()
    for one in counts:
        found |= one
    return found


def _numbers(connection: Connection, ids: Iterable[str]) -> Iterable[tuple[Spot, str, int]]:
    """How often each reaction stands at the messages with these ids, in whatever chat; blocked readers' left out."""
    listed = sorted(ids)
    for start in range(0, len(listed), _CHUNK):
        chunk = listed[start : start + _CHUNK]
        for row in connection.execute(select(tallies).where(tallies.c.message_id.in_(chunk))):
            yield _spot(row), row.reaction, row.number
        blocked = exists().where(
            (readers.c.platform == reacted.c.platform)
            & (readers.c.who == reacted.c.who)
            & readers.c.blocked_at.is_not(None)
        )
        for row in connection.execute(select(reacted).where(reacted.c.message_id.in_(chunk) & ~blocked)):
            for reaction in json.loads(row.reactions):
                yield _spot(row), reaction, 1


def _spot(row: Row[Any, Any, Any] | Row[Any]) -> Spot:
    """As `places.rooms` names it."""
    return Spot(row.platform, row.chat.lower(), row.message_id)


def _at(columns: Any, spot: Spot) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (
        (columns.platform == spot.platform) & (columns.chat == spot.chat) & (columns.message_id == spot.message_id)
    )
    return found


def _columns(spot: Spot) -> dict[str, str]:
    return {"platform": spot.platform, "chat": spot.chat, "message_id": spot.message_id}

"""Which delivery a message belongs to, by the place at which a platform shows it.

A platform's message id is unique in its chat at most, and a chat has several names: the one config.yaml has, its
number, a thread in it. What turned up elsewhere before we knew our own message's id waits until we do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select

from bots.ledger import memory
from bots.ledger.tables import aliases, cursors, deliveries, messages, sightings
from bots.model import LEAD, Destination
from bots.platforms import PLATFORMS
from bots.platforms.base import Sighting

ELSEWHERE = "also in "
"""Begins the chat under which the ledger keeps that a message turned up there; no platform's chat is called so."""

Known = Mapping[str, Destination]
"""The destinations of config.yaml by name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a message is, in a platform's own words."""

    platform: str
    chat: str
    message_id: str

    def beside(self, message_id: str) -> Spot:
        """Another message of the same chat."""
        return Spot(self.platform, self.chat, message_id)


@dataclass(frozen=True, slots=True)
class Home:
    """What a message is a part of."""

    delivery: int
    destination: str
    issue: str
    section: str | None
    """None for the issue as a whole."""


_COLUMNS = (deliveries.c.id, deliveries.c.destination, deliveries.c.issue, deliveries.c.section)


def called(connection: Connection, platform: str, all_: Iterable[str], now: datetime) -> None:
    """Keep that all of these are names of one chat, those it had before included."""
    given = frozenset(name.lower() for name in all_)
    known = frozenset(name for each in given for name in names(connection, platform, each)) | given
    for name in known:
        if names(connection, platform, name) != known:
            connection.execute(delete(cursors).where(cursors.c.name == _key(platform, name)))
            value = json.dumps(sorted(known))
            connection.execute(insert(cursors).values(name=_key(platform, name), value=value, updated_at=now))


def names(connection: Connection, platform: str, chat: str) -> frozenset[str]:
    """Every name of a chat that is known, in lower case."""
    found = connection.scalar(select(cursors.c.value).where(cursors.c.name == _key(platform, chat.lower())))
    return frozenset({chat.lower(), *(json.loads(found) if found else ())})


def home(connection: Connection, spot: Spot, known: Known) -> Home | None:
    """The delivery that owns the message, or is shown by it elsewhere."""
    return _recorded(connection, spot, known) or _twin(connection, spot, known)


def thread(connection: Connection, spot: Spot, known: Known) -> Home | None:
    """What the thread with that id is about: an issue, or the one section whose message it hangs on."""
    query = select(*_COLUMNS, deliveries.c.chat).where(deliveries.c.within == spot.message_id)
    chats = names(connection, spot.platform, spot.chat)
    for row in connection.execute(query.order_by(deliveries.c.id.desc())):
        place = known.get(row.destination)
        # A thread is a chat of its own, or a part of the chat its messages were sent to.
        here = spot.chat == spot.message_id or (row.chat or "").lower() in chats
        if here and (place is None or place.platform == spot.platform):
            return Home(row.id, row.destination, row.issue, None)
    root = home(connection, spot, known)
    return root and Home(root.delivery, root.destination, root.issue, None if root.section == LEAD else root.section)


def alias(connection: Connection, spot: Spot, delivery: int, now: datetime) -> None:
    """Keep that a delivery's message is there as well."""
    connection.execute(delete(aliases).where(_at(aliases.c, spot)))
    connection.execute(
        insert(aliases).values(
            platform=spot.platform, chat=spot.chat, message_id=spot.message_id, delivery=delivery, seen_at=now
        )
    )


def elsewhere(connection: Connection, spot: Spot, chats: Iterable[str], message_id: str, now: datetime) -> None:
    """Keep that at `spot` a message of another chat turned up that nobody owns yet."""
    seen = Sighting(spot.message_id, {"chats": list(chats), "message_id": message_id})
    memory.sight(connection, spot.platform, ELSEWHERE + spot.chat, seen, now)


def connect(connection: Connection, known: Known, now: datetime) -> int:
    """Make aliases of what turned up elsewhere and has an owner by now; returns how many."""
    made = 0
    for row in connection.execute(select(sightings).where(sightings.c.chat.startswith(ELSEWHERE))).all():
        spot = Spot(row.platform, row.chat.removeprefix(ELSEWHERE), row.message_id)
        found = home(connection, spot, known)
        if found is not None:
            alias(connection, spot, found.delivery, now)
            connection.execute(delete(sightings).where(_at(sightings.c, Spot(row.platform, row.chat, row.message_id))))
            made += 1
    return made


def let_go(connection: Connection, before: datetime) -> None:
    """Forget what turned up elsewhere and never found an owner."""
    old = sightings.c.chat.startswith(ELSEWHERE) & (sightings.c.seen_at < before)
    connection.execute(delete(sightings).where(old))


def rooms(connection: Connection, condition: ColumnElement[bool], known: Known) -> Mapping[Spot, tuple[int, str]]:
    """Each place at which the messages of some deliveries are: the delivery, and the chat it is counted in.

    The chat is empty for the one it was sent to, however that is called.
    """
    found: dict[Spot, tuple[int, str]] = {}
    called = cache(partial(names, connection))
    for row in connection.execute(_owned().where(condition)):
        place = known.get(row.destination)
        chat = row.chat or (place.chat if place else "")
        for platform in (place.platform,) if place else PLATFORMS:
            for name in {*called(platform, chat), row.within or "", row.message_id}:
                found[Spot(platform, name, row.message_id)] = row.id, ""
    other = select(aliases).join(deliveries, aliases.c.delivery == deliveries.c.id).where(condition)
    for row in connection.execute(other):
        found.setdefault(Spot(row.platform, row.chat.lower(), row.message_id), (row.delivery, row.chat))
    return found


def _owned() -> Select[Any]:
    """Every message with the delivery that owns it."""
    columns = (*_COLUMNS, deliveries.c.chat, deliveries.c.within, messages.c.message_id)
    return select(*columns).join(messages, messages.c.delivery == deliveries.c.id)


def _recorded(connection: Connection, spot: Spot, known: Known) -> Home | None:
    """The owner of a message or of an alias."""
    chats = names(connection, spot.platform, spot.chat)
    query = _owned().where(messages.c.message_id == spot.message_id).order_by(deliveries.c.id.desc())
    own = next((row for row in connection.execute(query) if _is_there(row, spot, chats, known)), None)
    found = own or _alias(connection, spot, chats)
    return Home(found.id, found.destination, found.issue, found.section) if found else None


def _is_there(row: Row[Any], spot: Spot, chats: frozenset[str], known: Known) -> bool:
    """True when a delivery's message is in the chat: as it was sent, in its thread, or in the thread that it begins."""
    place = known.get(row.destination)
    if place is not None and place.platform != spot.platform:
        return False
    chat = row.chat or (place.chat if place else "")
    return bool(chats & {chat.lower(), row.within or "", row.message_id})


def _alias(connection: Connection, spot: Spot, chats: frozenset[str]) -> Row[Any, Any, Any, Any] | None:
    here = aliases.c.chat.in_([*chats, spot.chat])
    same = (aliases.c.platform == spot.platform) & (aliases.c.message_id == spot.message_id)
    return connection.execute(
        select(*_COLUMNS).join(aliases, aliases.c.delivery == deliveries.c.id).where(same & here)
    ).first()


def _twin(connection: Connection, spot: Spot, known: Known) -> Home | None:
    """The owner of a message that turned up at `spot`, when it became known in the meantime."""
    chats = names(connection, spot.platform, spot.chat)
    here = sightings.c.chat.in_([ELSEWHERE + chat for chat in chats])
    same = (sightings.c.platform == spot.platform) & (sightings.c.message_id == spot.message_id)
    seen = connection.scalar(select(sightings.c.payload).where(same & here))
    if seen is None:
        return None
    there = json.loads(seen)
    spots = (Spot(spot.platform, chat, there["message_id"]) for chat in there["chats"])
    return next((found for one in spots if (found := _recorded(connection, one, known))), None)


def _at(columns: Any, spot: Spot) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (
        (columns.platform == spot.platform) & (columns.chat == spot.chat) & (columns.message_id == spot.message_id)
    )
    return found


def _key(platform: str, chat: str) -> str:
    return f"names:{platform}:{chat}"

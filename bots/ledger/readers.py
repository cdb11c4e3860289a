"""Who reads what, as far as that is kept: a language somebody chose, a subscription somebody asked for.

A subscription that ended stays as a row without content, so that its end can be told from its never having been.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from bots.ledger.access import Access
from bots.ledger.rows import SUBSCRIBER
from bots.ledger.tables import aliases, deliveries, messages, readers, subscribers
from bots.model import Format, State

STOPPED = "stopped"
"""Why a subscription ended: its reader said so."""
BLOCKED = "blocked"
"""Why a subscription ended: its reader blocked the bot, or is no more."""
DIGEST, FULL, SOME = "", "/full", "/some"
"""Ends the name of a subscriber's destination: what of an issue was sent there, whatever is wanted of the next one."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A private chat to which each issue goes."""

    platform: str
    chat: str
    who: str
    """The platform's number of the reader."""
    format: Format
    sections: tuple[str, ...]
    """Ids of the sections wanted, whole; () for the issue as `format` says."""
    since: datetime
    """Issues that came out before are not sent."""
    language: str | None = None
    """As the reader chose, None for the column's."""

    @property
    def destination(self) -> str:
        """The name under which the next issue goes there."""
        form = SOME if self.sections else FULL if self.format is Format.FULL else DIGEST
        return name_of(self.platform, self.chat, form)


def name_of(platform: str, chat: str, form: str) -> str:
    """The name of a subscriber's destination."""
    return f"{SUBSCRIBER}{platform}:{chat}{form}"


def read_name(name: str) -> tuple[str, str, str]:
    """Platform, chat and form of a subscriber's destination."""
    platform, _, rest = name.removeprefix(SUBSCRIBER).partition(":")
    chat, slash, form = rest.partition("/")
    return platform, chat, slash + form


class Readers:
    """The readers of one ledger."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def language(self, platform: str, who: str) -> str | None:
        """The language a reader chose, None for none."""
        with self._access.reading() as connection:
            return connection.scalar(select(readers.c.language).where(_reader(platform, who)))

    def speak(self, platform: str, who: str, language: str | None) -> None:
        """Keep the language a reader chose; None forgets it."""
        with self._access.writing() as connection:
            changed = connection.execute(update(readers).where(_reader(platform, who)).values(language=language))
            if not changed.rowcount and language is not None:
                connection.execute(insert(readers).values(platform=platform, who=who, language=language))

    def subscription(self, platform: str, chat: str) -> Subscriber | None:
        """The chat's subscription, None where there is none now."""
        found = self._some((subscribers.c.platform == platform) & (subscribers.c.chat == chat))
        return found[0] if found else None

    def subscribed(self, before: datetime | None = None) -> tuple[Subscriber, ...]:
        """All subscriptions, or those that were there at a moment."""
        return self._some(subscribers.c.since <= before if before else subscribers.c.platform != "")

    def subscribe(
        self, platform: str, chat: str, who: str, wanted: Format = Format.DIGEST, sections: Sequence[str] = ()
    ) -> Subscriber:
        """Begin a subscription, or change one that there is; since when it is stays."""
        values = {"who": who, "format": wanted.value, "sections": json.dumps(list(sections))}
        here = (subscribers.c.platform == platform) & (subscribers.c.chat == chat)
        with self._access.writing() as connection:
            old = connection.execute(select(subscribers).where(here)).first()
            now = self._access.now()
            since = old.since if old is not None and old.ended_at is None else now
            connection.execute(delete(subscribers).where(here))
            row = {"platform": platform, "chat": chat, "since": since, "why": "", **values}
            connection.execute(insert(subscribers).values(**row))
        return Subscriber(platform, chat, who, wanted, tuple(sections), since)

    def end(self, platform: str, chat: str, why: str) -> bool:
        """End a subscription; False where there was none. What was still to be sent is not sent."""
        here = (subscribers.c.platform == platform) & (subscribers.c.chat == chat)
        values = {"ended_at": self._access.now(), "why": why, "who": "", "sections": "[]"}
        with self._access.writing() as connection:
            ended = connection.execute(
                update(subscribers).where(here & subscribers.c.ended_at.is_(None)).values(values)
            )
            _drop(connection, platform, chat, unsent=True)
            return bool(ended.rowcount)

    def forget(self, platform: str, who: str, chat: str | None = None) -> None:
        """Nothing of a reader stays: neither subscriptions nor what was sent, nor the language.

        `chat` is the reader's private chat, where it is known; on Telegram it has the reader's number.
        """
        named = or_(subscribers.c.who == who, subscribers.c.chat == (chat or who))
        here = and_(subscribers.c.platform == platform, named)
        with self._access.writing() as connection:
            for found in list(connection.scalars(select(subscribers.c.chat).where(here))):
                _drop(connection, platform, found, unsent=False)
            connection.execute(delete(subscribers).where(here))
            connection.execute(delete(readers).where(_reader(platform, who) & readers.c.blocked_at.is_(None)))
            connection.execute(update(readers).where(_reader(platform, who)).values(language=None))

    def counts(self) -> tuple[tuple[str, int], ...]:
        """What subscriptions there are, in numbers: `digest`, `full`, `sections`, and how many were ended why."""
        chosen = func.count().label("number")
        query = select(subscribers.c.format, subscribers.c.sections != "[]", subscribers.c.why, chosen)
        query = query.group_by(subscribers.c.format, subscribers.c.sections != "[]", subscribers.c.why)
        found: dict[str, int] = {}
        with self._access.reading() as connection:
            for wanted, some, why, number in connection.execute(query):
                name = why or ("sections" if some else wanted)
                found[name] = found.get(name, 0) + number
        return tuple(sorted(found.items()))

    def _some(self, condition: ColumnElement[bool]) -> tuple[Subscriber, ...]:
        chosen = (readers.c.platform == subscribers.c.platform) & (readers.c.who == subscribers.c.who)
        query = select(subscribers, readers.c.language).join(readers, chosen, isouter=True)
        query = query.where(condition & subscribers.c.ended_at.is_(None)).order_by(subscribers.c.since)
        with self._access.reading() as connection:
            return tuple(_subscriber(row) for row in connection.execute(query))


def _reader(platform: str, who: str) -> ColumnElement[bool]:
    return (readers.c.platform == platform) & (readers.c.who == who)


def _subscriber(row: Row[Any]) -> Subscriber:
    sections = tuple(json.loads(row.sections))
    return Subscriber(row.platform, row.chat, row.who, Format(row.format), sections, row.since, row.language)


def _drop(connection: Connection, platform: str, chat: str, *, unsent: bool) -> None:
    """Take the deliveries of a subscriber out of the ledger, all of them or those that never reached the chat."""
    here: ColumnElement[bool] = deliveries.c.destination.in_(
        [name_of(platform, chat, form) for form in (DIGEST, FULL, SOME)]
    )
    if unsent:
        here &= (deliveries.c.state == State.PENDING.value) & ~deliveries.c.id.in_(select(messages.c.delivery))
    drop(connection, here)


def drop(connection: Connection, condition: ColumnElement[bool]) -> int:
    """Take deliveries out of the ledger, with all that hangs on them; returns how many."""
    found = select(deliveries.c.id).where(condition)
    for table in (messages, aliases):
        connection.execute(delete(table).where(table.c.delivery.in_(found)))
    return connection.execute(delete(deliveries).where(condition)).rowcount

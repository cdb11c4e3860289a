"""What the platforms told us, stored before we say that we have it: neither a crash nor a bad update loses anything.

Both libraries confirm updates while they are in memory only (reliability.md 7), so a listener hands them over here, and
the place up to which they were taken is committed in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bots.ledger.access import Access
from bots.ledger.tables import cursors, inbox

LONGEST_REASON = 500
"""Characters kept of the reason why an update could not be read."""


@dataclass(frozen=True, slots=True)
class Update:
    """Something a platform reported."""

    key: str
    """Unique on its platform: the same event reported twice is stored once."""
    kind: str
    """The platform's own name of it."""
    payload: Mapping[str, Any]
    """As it came, JSON-able."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An update in the inbox."""

    id: int
    platform: str
    update: Update
    received_at: datetime


class Inbox:
    """The inbox of one ledger: in by key, out in order, each done once."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def take(self, platform: str, updates: Sequence[Update], cursor: tuple[str, str] | None = None) -> int:
        """Store what is new, and with it a cursor, its name and value. Returns how many were new."""
        with self._access.writing() as connection:
            known = _known(connection, platform, updates)
            # One batch may hold the same event twice as well.
            new = {one.key: one for one in updates if one.key not in known}
            rows = [_row(platform, one, self._access.now()) for one in new.values()]
            if rows:
                connection.execute(insert(inbox), rows)
            self._access.point("inbox.during")
            if cursor is not None:
                _set(connection, *cursor, self._access.now())
            return len(rows)

    def waiting(self, most: int = 100) -> tuple[Stored, ...]:
        """What nothing was done about yet, oldest first."""
        query = select(inbox).where(inbox.c.done_at.is_(None)).order_by(inbox.c.id).limit(most)
        with self._access.reading() as connection:
            return tuple(
                Stored(row.id, row.platform, Update(row.key, row.kind, json.loads(row.payload)), row.received_at)
                for row in connection.execute(query)
            )

    def done(self, stored: Stored, error: str = "") -> None:
        """Nothing more is to be done about it; `error` says why it could not be understood."""
        values = {"done_at": self._access.now(), "error": error[:LONGEST_REASON]}
        with self._access.writing() as connection:
            connection.execute(update(inbox).where(inbox.c.id == stored.id).values(**values))

    def forget(self, before: datetime) -> int:
        """Delete what was done before that moment; returns how many."""
        with self._access.writing() as connection:
            return connection.execute(delete(inbox).where(inbox.c.done_at < before)).rowcount

    def cursor(self, name: str) -> str | None:
        """How far something was read."""
        with self._access.reading() as connection:
            return connection.scalar(select(cursors.c.value).where(cursors.c.name == name))

    def set_cursor(self, name: str, value: str) -> None:
        with self._access.writing() as connection:
            _set(connection, name, value, self._access.now())


def _known(connection: Connection, platform: str, updates: Iterable[Update]) -> frozenset[str]:
    keys = [one.key for one in updates]
    return frozenset(
        connection.scalars(select(inbox.c.key).where((inbox.c.platform == platform) & inbox.c.key.in_(keys)))
    )


def _row(platform: str, one: Update, now: datetime) -> dict[str, Any]:
    # Only ASCII, so that neither a lone surrogate nor a NUL in a reader's text can upset a database.
    payload = json.dumps(one.payload)
    return {
        "platform": platform,
        "key": one.key,
        "kind": one.kind,
        "payload": payload,
        "received_at": now,
        "error": "",
    }


def _set(connection: Connection, name: str, value: str, now: datetime) -> None:
    connection.execute(delete(cursors).where(cursors.c.name == name))
    connection.execute(insert(cursors).values(name=name, value=value, updated_at=now))

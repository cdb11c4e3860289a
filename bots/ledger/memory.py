"""What the platforms told us and will hold: ids of pictures sent before, chats that moved. All of it can be lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert

from bots.ledger.rows import Pool
from bots.ledger.tables import moves, sightings, uploads
from bots.platforms.base import Sighting

WITNESSED = timedelta(days=7)
"""How long a sighting is kept: what is in doubt for longer is for the author to settle."""


def remember(connection: Connection, pool: Pool, files: Mapping[str, str]) -> None:
    """Keep ids of pictures by the hash of what was sent, the newest in place of an older one."""
    if not files:
        return
    connection.execute(delete(uploads).where(_in(pool, files)))
    rows = [
        {"platform": pool.platform, "method": pool.method, "digest": digest, "file": file}
        for digest, file in files.items()
    ]
    connection.execute(insert(uploads), rows)


def forget(connection: Connection, pool: Pool, digests: Iterable[str]) -> None:
    connection.execute(delete(uploads).where(_in(pool, digests)))


def move(connection: Connection, platform: str, chat: str, moved_to: str, now: datetime) -> None:
    """Keep where a chat went; what was sent to it before stays where it was."""
    connection.execute(delete(moves).where((moves.c.platform == platform) & (moves.c.chat == chat)))
    connection.execute(insert(moves).values(platform=platform, chat=chat, moved_to=moved_to, noticed_at=now))


def sight(connection: Connection, platform: str, chat: str, seen: Sighting, now: datetime) -> None:
    """Keep what a witness showed of a message, the newest in place of an older one, and let go of what is old."""
    here = (sightings.c.platform == platform) & (sightings.c.chat == chat.lower())
    old = sightings.c.seen_at < now - WITNESSED
    connection.execute(delete(sightings).where(here & (old | (sightings.c.message_id == seen.message_id))))
    # Only ASCII, so that neither a lone surrogate nor a NUL can upset a database.
    values = {"chat": chat.lower(), "message_id": seen.message_id, "payload": json.dumps(seen.payload)}
    connection.execute(insert(sightings).values(platform=platform, seen_at=now, **values))


def _in(pool: Pool, digests: Iterable[str]) -> ColumnElement[bool]:
    here = (uploads.c.platform == pool.platform) & (uploads.c.method == pool.method)
    return here & uploads.c.digest.in_(list(digests))

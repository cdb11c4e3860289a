"""What the platforms told us and will hold: ids of pictures sent before, chats that moved. All of it can be lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert

from bots.ledger.rows import Pool
from bots.ledger.tables import moves, uploads


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


def _in(pool: Pool, digests: Iterable[str]) -> ColumnElement[bool]:
    here = (uploads.c.platform == pool.platform) & (uploads.c.method == pool.method)
    return here & uploads.c.digest.in_(list(digests))

"""A ledger in a file: SQLite set up so that an acknowledged commit survives, and what its errors mean."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from bots.errors import LedgerError
from bots.ledger.options import READ_ONLY

_PATIENCE = 5.0
"""Seconds that a connection waits for another writer."""

_PRAGMAS = (
    # NORMAL may lose the last commits with the power: a lost `sending` row is a doubled message (reliability.md 5).
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

_REMEDIES = {
    sqlite3.SQLITE_FULL: "the disk is full. Free some space and run the command again.",
    sqlite3.SQLITE_READONLY: "it is read-only. Give this user the right to write the file and its folder.",
    sqlite3.SQLITE_BUSY: "another program is writing to it. Wait for that to end and run the command again.",
    sqlite3.SQLITE_LOCKED: "another program is writing to it. Wait for that to end and run the command again.",
    sqlite3.SQLITE_NOTADB: "the file is not a database. Move it away, or restore a backup.",
    sqlite3.SQLITE_CORRUPT: "the file is damaged. Restore a backup; the damaged file may still be readable.",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened. Check that its folder exists and that this user may write there.",
    sqlite3.SQLITE_IOERR: "the disk does not answer as it should. Check the disk; no network disks, please.",
}

_FILE = "weektech_file"
"""Where a connection keeps which file it has open."""


def prepare(engine: Engine) -> None:
    """Have every connection and every transaction begin as the ledger needs it."""
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def remedy(error: DBAPIError) -> str | None:
    """What to do, None for an error the ledger does not know."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    # The low byte is the primary code; the rest only says which part of SQLite noticed.
    return _REMEDIES.get(code & 0xFF) if isinstance(code, int) else None


def _set_up(connection: Any, entry: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, deferred ones: `_begin` does it instead.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
    _keep_log(connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    # SQLite makes the file at the first statement, so it is there by now.
    (_, _, path), *_ = connection.execute("PRAGMA database_list").fetchall()
    entry.info[_FILE] = (path, _identity(path))


def _keep_log(connection: Any) -> None:
    """Switch the write-ahead log on. Where several open a new file at once SQLite answers "locked" without waiting."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    _still_there(connection)
    # A deferred transaction that starts to write after another's commit fails at once, whatever busy_timeout says.
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _still_there(connection: Connection) -> None:
    """Raises LedgerError when the file is not in its place any more.

    SQLite would go on writing into what was removed: the next start would find nothing of it and send all again.
    """
    path, opened = connection.info[_FILE]
    found = _identity(path)
    if found == opened:
        return
    if found is None:
        # Connecting again would make an empty file, which looks like a new ledger.
        raise LedgerError(f"The ledger {path} was removed while it was in use. Put it back, or restore a backup.")
    connection.invalidate()
    raise LedgerError(f"The ledger {path} was replaced by another file while it was in use. Run the command again.")


def _identity(path: str) -> tuple[int, int] | None:
    """Device and number of the file, None without one; a database in memory is always the same."""
    if not path:
        return (0, 0)
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

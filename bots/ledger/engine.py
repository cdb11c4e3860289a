"""Connections and transactions: SQLite set up so that an acknowledged commit survives, and errors with a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bots.errors import LedgerError

READ_ONLY = "weektech_read"
"""Execution option of a transaction that will not write, so that `status` never waits for a publisher."""

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
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


def connect(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://...`; opens nothing yet. Raises LedgerError for any other."""
    try:
        engine = create_engine(_with_driver(url), pool_pre_ping=not url.startswith("sqlite"))
    except ImportError as error:
        raise LedgerError(f"DATABASE_URL needs the Python package {error.name}. Install it beside weektech.") from error
    except SQLAlchemyError as error:
        raise LedgerError("DATABASE_URL is no address of a database. Leave it empty for a file.") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that has the write lock from its first moment; committed at the end, rolled back on any error."""
    with translated(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the ledger and does not keep a writer waiting."""
    with translated(engine), engine.connect().execution_options(**{READ_ONLY: True}) as connection, connection.begin():
        yield connection


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Database errors as LedgerError: where, what, and what to do."""
    try:
        yield
    except SQLAlchemyError as error:
        raise LedgerError(f"The ledger {engine.url.render_as_string()} can't be used: {_remedy(error)}") from error


def _remedy(error: SQLAlchemyError) -> str:
    original = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(original, "sqlite_errorcode", None)
    # The low byte is the primary code; the rest only says which part of SQLite noticed.
    known = _REMEDIES.get(code & 0xFF) if isinstance(code, int) else None
    return known or f"{original or error}"


def _with_driver(url: str) -> str:
    """Hosts hand out `postgres://`; SQLAlchemy wants the driver named."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _set_up(connection: Any, _: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, deferred ones: `_begin` does it instead.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    # A deferred transaction that starts to write after another's commit fails at once, whatever busy_timeout says.
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

"""Connections and transactions, the same for both databases: one writer at a time, and errors with a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bots.errors import LedgerError
from bots.ledger import postgres, sqlite
from bots.ledger.options import READ_ONLY

_NO_ADDRESS = "DATABASE_URL is no address of a database. Leave it empty for a file, or write postgresql://..."
_BUSY = "all of this process's connections are in use. Run the command again."


@dataclass(frozen=True, slots=True)
class _Database:
    """What differs between the databases the ledger runs on."""

    name: str
    driver: str
    prepare: Callable[[Engine], None]
    remedy: Callable[[DBAPIError], str | None]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """For the engine."""


_SQLITE = _Database("SQLite", "sqlite", sqlite.prepare, sqlite.remedy)
_POSTGRES = _Database("PostgreSQL", "postgresql+psycopg", postgres.prepare, postgres.remedy, postgres.ARGUMENTS)
# Hosts hand out `postgres://`.
_DATABASES = {"sqlite": _SQLITE, "postgresql": _POSTGRES, "postgres": _POSTGRES}


def connect(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://...`; opens nothing yet. Raises LedgerError for any other."""
    try:
        given = make_url(url)
    except (SQLAlchemyError, ValueError):
        # From None: the error may quote the address, and the password with it.
        raise LedgerError(_NO_ADDRESS) from None
    database = _DATABASES.get(given.get_backend_name())
    if database is None:
        raise LedgerError(f"The ledger can't be kept in {given.get_backend_name()}. Use PostgreSQL, or a file.")
    try:
        engine = create_engine(given.set(drivername=database.driver), **database.arguments)
    except ImportError as error:
        name = error.name or "psycopg[binary]"
        raise LedgerError(f"DATABASE_URL needs the Python package {name}. Install it beside weektech.") from error
    database.prepare(engine)
    return engine


def named(engine: Engine) -> str:
    """The kind of the database and its version, known once a connection was made."""
    version = engine.dialect.server_version_info or ()
    return f"{_of(engine).name} {'.'.join(map(str, version))}"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that has the write lock from its first moment; committed at the end, rolled back on any error."""
    saving = False
    try:
        with engine.begin() as connection:
            yield connection
            saving = True
    except SQLAlchemyError as error:
        lost = saving and isinstance(error, DBAPIError) and error.connection_invalidated
        raise _explained(engine, postgres.UNKNOWN_END if lost else _remedy(engine, error)) from error


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
        raise _explained(engine, _remedy(engine, error)) from error


def _of(engine: Engine) -> _Database:
    return _DATABASES[engine.dialect.name]


def _explained(engine: Engine, why: str) -> LedgerError:
    return LedgerError(f"The ledger {_place(engine.url)} can't be used: {why}")


def _place(url: URL) -> str:
    """The address without its password, wherever that stands in it."""
    return url.set(query={name: url.query[name] for name in ("host", "port") if name in url.query}).render_as_string()


def _remedy(engine: Engine, error: SQLAlchemyError) -> str:
    if isinstance(error, PoolTimeout):
        return _BUSY
    if not isinstance(error, DBAPIError):
        return str(error)
    return _of(engine).remedy(error) or " ".join(str(error.orig).split())

"""A ledger on a PostgreSQL server, which other programs may use too: our own schema, one writer at a time, no endless
waits; and what its errors mean.

Everything is set anew in each transaction, in one round trip: a pooler between us and the server (PgBouncer) hands out
another session each time, so what a session remembers would be lost, or somebody else's.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from bots.ledger.options import READ_ONLY

SCHEMA = "weektech"
"""Our tables' names (`issues`, `messages`) are anybody's, and a host often hands out one database for everything."""

ARGUMENTS: dict[str, Any] = {
    # Small: hosts sell connections by the dozen, and writers of one process queue up before they take one.
    "pool_size": 2,
    "max_overflow": 4,
    "pool_timeout": 30,
    # A connection that died while it was idle is noticed and replaced before it is used.
    "pool_pre_ping": True,
}

_CONNECT = {
    "connect_timeout": "10",
    "client_encoding": "utf8",
    "fallback_application_name": "weektech",
    # A server that is gone without a word is noticed within a minute.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}

# In a later session of a pooler a statement prepared in an earlier one does not exist.
_PREPARE = {"prepare_threshold": None}

_READING = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# In a stricter level the snapshot would be older than the lock: what the writer before us did would not be seen.
_WRITING = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"

_SETTINGS = (
    f"SET LOCAL search_path = {SCHEMA}",
    "SET LOCAL lock_timeout = '5s'",
    "SET LOCAL statement_timeout = '30s'",
    # A writer whose machine froze must not keep the lock from the others for ever.
    "SET LOCAL idle_in_transaction_session_timeout = '30s'",
)
_SAVED = (
    # `off` may lose the last commits with the power: a lost `sending` row is a doubled message (reliability.md 5).
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
)
# Eight letters are the 64 bits of a lock's number; it means the same to every weektech on this database, and no other.
_LOCK = f"SELECT pg_advisory_xact_lock({int.from_bytes(b'weektech')})"

_REFUSED = "the server refuses this user or password. Correct DATABASE_URL."
_RESTART = "the server is being restarted. Wait until it is up and run the command again."
_DAMAGED = "the server reports damaged data. Look into its log, and restore a backup."
_LOST = "the connection to the server was lost, and the last change was not made. Run the command again."
_UNREACHABLE = (
    "the server can't be reached. Check DATABASE_URL, the network and the server, then run the command again."
)

UNKNOWN_END = (
    "the connection to the server was lost while the last change was being saved; nobody knows whether it was. "
    "Run the command again, it goes on from what it finds."
)

_REMEDIES = {
    # SQLSTATE, as in appendix A of PostgreSQL's manual; its first two characters stand for the rest of a class.
    "08": _LOST,
    "0A": "a program between weektech and the server refuses what is needed. Use the server's direct address.",
    "22021": "the database can't hold every character. Make one with ENCODING 'UTF8' and name it in DATABASE_URL.",
    "22P05": "the database can't hold every character. Make one with ENCODING 'UTF8' and name it in DATABASE_URL.",
    "25006": "it is read-only: a standby, or closed by its owner. Name the main server in DATABASE_URL, or wait.",
    "25P03": "this machine stood still in the middle of a change, which was not made. Run the command again.",
    "28": _REFUSED,
    "3D000": "the server has no such database. Create it, or correct DATABASE_URL.",
    "42501": f"this user lacks a right. Let the database's owner run `CREATE SCHEMA {SCHEMA} AUTHORIZATION` this user.",
    "53100": "the server's disk is full. Free some space there and run the command again.",
    "53200": "the server has no memory left. Wait for its other work to end and run the command again.",
    "53300": "the server has no connection left. Close some, or raise its limit, and run the command again.",
    "53": "the server has run out of something it needs. Look into its log, then run the command again.",
    "54000": "a section's id is too long for this database. Give its heading a short one, like `{#tools}`.",
    "55P03": "another weektech is writing to it. Wait for that to end and run the command again.",
    "57014": "the server took too long. Look at what else it has to do, and run the command again.",
    "57P": _RESTART,
    "58": "the server's disk does not answer as it should. Look into its log.",
    "XX": _DAMAGED,
}

_SPOKEN = (
    # A refusal to connect comes as words alone, without a SQLSTATE; in another language it is "can't be reached".
    (r"password authentication failed|no password supplied|role \".*\" does not exist|pg_hba\.conf", "28P01"),
    (r"database \".*\" does not exist", "3D000"),
    (r"too many (clients|connections)|connection slots|no more connections allowed", "53300"),
    (r"database system is|not yet accepting connections", "57P03"),
)


def prepare(engine: Engine) -> None:
    """Have every connection and every transaction begin as the ledger needs it."""
    event.listen(engine, "do_connect", _connecting)
    event.listen(engine, "begin", _begin)


def remedy(error: DBAPIError) -> str | None:
    """What to do, None for an error the ledger does not know."""
    known = _known(_code(error))
    if known is not None:
        return known
    if error.connection_invalidated:
        return _LOST
    # The driver names a server's refusal by its class; an OperationalError without a code is a connection not made.
    if _code(error) is None and type(error.orig).__name__ in {"OperationalError", "ConnectionTimeout"}:
        return f"{_UNREACHABLE} ({' '.join(str(error.orig).split())})"
    return None


def make_schema(connection: Connection) -> None:
    """Our own schema, unless it is there: making one needs a right that using one does not."""
    if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA}) is None:
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")


def _code(error: DBAPIError) -> str | None:
    """The SQLSTATE, or the one that a refusal in words amounts to."""
    code = getattr(error.orig, "sqlstate", None)
    if isinstance(code, str):
        return code
    words = str(error.orig)
    return next((code for pattern, code in _SPOKEN if re.search(pattern, words)), None)


def _known(code: str | None) -> str | None:
    """The remedy of a code, or of its class."""
    return next((_REMEDIES[code[:end]] for end in (5, 3, 2) if code and code[:end] in _REMEDIES), None)


def _connecting(_dialect: object, _entry: object, _arguments: object, given: dict[str, Any]) -> None:
    # What DATABASE_URL says itself comes first.
    for name, value in {**_CONNECT, **_PREPARE}.items():
        given.setdefault(name, value)


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    words = (_READING, *_SETTINGS) if read_only else (_WRITING, *_SETTINGS, _SAVED, _LOCK)
    connection.exec_driver_sql("; ".join(words))

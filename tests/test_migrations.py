"""An older ledger with rows in it becomes today's, after a backup; a death on the way leaves the old one or the new."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text

from bots.errors import LedgerError
from bots.ledger import Ledger, Owner
from bots.ledger.engine import connect, reading, writing
from bots.ledger.migrate import _config, upgrade
from bots.ledger.postgres import make_schema
from bots.model import Message, Receipt, State
from tests.postgres import DATABASES, Server

TODAY = ScriptDirectory.from_config(_config()).get_current_head()

ROWS = """
INSERT INTO stamps VALUES ('feedbeef', '2026-11-01 12:00:00');
INSERT INTO issues VALUES ('one', 'one', 'One', 'posts/one.md', 1, '2026-11-01 12:00:00');
INSERT INTO sections VALUES ('one', 'a', 'A', '["A"]', 1, 'digest', 'sample');
INSERT INTO deliveries VALUES
    (1, 'channel', 'one', 'a', 1, 1, 'sent', '', 'sendMessage',
     '{"section": "a", "part": 1, "method": "sendMessage", "body": {"text": "x"}, "text": "x",
       "files": [], "slots": []}',
     'hash', 'w:p:o', NULL, '', NULL, NULL, 'nonce1', 1, '2026-11-01 12:00:00', NULL, '2026-11-01 12:00:00', '', ''),
    (2, 'channel', 'one', 'a', 2, 2, 'pending', 'send', 'sendMessage',
     '{"section": "a", "part": 2, "method": "sendMessage", "body": {"text": "y"}, "text": "y",
       "files": [], "slots": []}',
     'hash', 'w:p:o', NULL, '', NULL, NULL, 'nonce2', 0, NULL, NULL, '2026-11-01 12:00:00', '', '');
INSERT INTO messages VALUES (1, 0, 'channel', '7', 'https://chat/7');
"""


def old_ledger(where: str) -> str:
    """A ledger as the first version left it, with a message out there and one to be sent."""
    engine = connect(where)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            make_schema(connection)
            connection.exec_driver_sql("SET LOCAL TIME ZONE UTC")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in ROWS.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT setval('deliveries_id_seq', 2)")
    engine.dispose()
    return where


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without anything."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    with server.database() as name:
        yield server.url(name)


def told(where: str, question: str) -> list[Any]:
    """The first column of what the database answers."""
    engine = connect(where)
    with reading(engine) as connection:
        found = list(connection.scalars(text(question)))
    engine.dispose()
    return found


def revision(where: str) -> str:
    (found,) = told(where, "SELECT version_num FROM weektech_version")
    assert isinstance(found, str)
    return found


def columns(where: str) -> set[str]:
    engine = connect(where)
    with reading(engine) as connection:
        found = {column["name"] for column in inspect(connection).get_columns("deliveries")}
    engine.dispose()
    return found


def test_an_old_ledger_goes_on_where_it_was(empty: str) -> None:
    with closing(Ledger.open(old_ledger(empty))) as ledger:
        sent, pending = ledger.deliveries("one", "channel")
        assert ledger.instance == "feedbeef"
        assert (sent.state, sent.ids, sent.url) == (State.SENT, ("7",), "https://chat/7")
        assert sent.updated_at == datetime(2026, 11, 1, 12, tzinfo=UTC)
        assert sent.payload == Message("a", 1, "sendMessage", {"text": "x"}, "x")
        assert (sent.chat, sent.within, sent.todo) == (None, None, ())
        assert ledger.unfinished() == (pending,)
        done = ledger.confirm(ledger.claim(pending, Owner.this_process()), Receipt(("8",)))
        assert done.state is State.SENT


def test_the_backup_is_the_ledger_as_it_was(tmp_path: Path) -> None:
    where = old_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Ledger.open(where).close()
    copy = f"sqlite:///{tmp_path / 'ledger.db.schema-0001.backup'}"
    assert (revision(where), revision(copy)) == (TODAY, "0001")
    assert told(copy, "SELECT count(*) FROM deliveries") == [2]


def test_an_up_to_date_ledger_is_left_alone(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "ledger.db").close()
    Ledger.open(tmp_path / "ledger.db").close()
    assert not list(tmp_path.glob("*.backup"))


def files_at_each_statement(where: str, folder: Path) -> list[str]:
    """Upgrade, and keep the files as they lay there behind each statement: what a process killed then would leave."""
    engine, kept = connect(where), list[str]()
    path = Path(engine.url.database or "")

    @event.listens_for(engine, "after_cursor_execute")
    def keep(*_: object) -> None:
        copy = folder / f"{len(kept)}.db"
        for end in ("", "-wal"):
            if (found := path.with_name(path.name + end)).exists():
                shutil.copy(found, copy.with_name(copy.name + end))
        kept.append(f"sqlite:///{copy}")

    upgrade(engine)
    engine.dispose()
    return kept


def test_killed_anywhere_it_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    seen: list[str] = []
    for left in files_at_each_statement(old_ledger(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path):
        seen.append(revision(left))
        assert ("todo" in columns(left)) is (seen[-1] == TODAY)
        with closing(Ledger.open(left)) as ledger:
            assert len(ledger.deliveries("one", "channel")) == 2
    assert len(seen) > 5
    assert set(seen) == {"0001"}, "the new one is there with the commit, behind the last statement"


def test_killed_while_it_is_made_a_new_ledger_is_made_again(tmp_path: Path) -> None:
    for left in files_at_each_statement(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path):
        with closing(Ledger.open(left)) as ledger:
            assert ledger.unfinished() == ()


def cut_off(where: str, nth: int) -> bool:
    """Upgrade over a connection that is lost behind the nth statement; False when there were fewer."""
    engine, seen = connect(where), count(1)

    @event.listens_for(engine, "after_cursor_execute")
    def cut(connection: Connection, *_: object) -> None:
        if next(seen) == nth:
            driver: Any = connection.connection.driver_connection
            with socket.socket(fileno=os.dup(driver.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    try:
        upgrade(engine)
    except LedgerError:
        return True
    finally:
        engine.dispose()
    return False


def test_cut_off_from_the_server_anywhere_it_is_the_old_one(postgres: Server) -> None:
    with postgres.database() as name:
        where = old_ledger(postgres.url(name))
        for nth in count(1):
            if not cut_off(where, nth):
                break
            assert revision(where) == "0001"
            assert "todo" not in columns(where)
        assert nth > 5
        assert revision(where) == TODAY


def test_two_that_start_at_once_upgrade_once(empty: str) -> None:
    """And agree on the new ledger's name: their messages' nonces hang on it."""
    start = threading.Barrier(4)

    def opened(_: int) -> str:
        start.wait()
        with closing(Ledger.open(empty)) as ledger:
            return ledger.instance

    with ThreadPoolExecutor(4) as pool:
        (_,) = set(pool.map(opened, range(4)))
    assert revision(empty) == TODAY
    assert len(told(empty, "SELECT instance FROM stamps")) == 1

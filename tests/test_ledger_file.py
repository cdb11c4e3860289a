"""The ledger in a file: SQLite set up to lose nothing, and a file that can't be used says what to do."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import LedgerError
from bots.ledger import Change, IssueRow, Ledger, SectionRow, Task
from bots.ledger.engine import reading
from bots.model import Message

MESSAGE = Message("a", 1, "sendMessage", {"text": "hello"}, "hello")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.open(tmp_path / "ledger.db")
    yield made
    made.close()


def recorded(ledger: Ledger, message: Message = MESSAGE) -> None:
    issue = ledger.issue("one") or IssueRow("one", "one", "One", "posts/one.md")
    section = SectionRow("a", "A", ("A",), 1, "digest", "opening")
    ledger.record(issue, [section], [Change("channel", "a", 1, Task.SEND, message, "words:all:own")])


def test_the_folder_of_a_ledger_is_made(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "not" / "yet" / "ledger.db").close()
    assert (tmp_path / "not" / "yet" / "ledger.db").is_file()


def test_sqlite_is_set_up_to_lose_nothing(ledger: Ledger) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    with reading(ledger._engine) as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected


def test_reading_does_not_wait_for_a_writer(tmp_path: Path, ledger: Ledger) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ledger.unfinished() == ()
        other.execute("ROLLBACK")


def broken(path: Path) -> Path:
    path.write_bytes(b"this is no database, it is a love letter" * 100)
    return path


def a_file_where_a_folder_should_be(path: Path) -> Path:
    path.write_text("")
    return path / "ledger.db"


UNUSABLE: list[tuple[str, Callable[[Path], Path], str]] = [
    ("not a database", broken, "not a database"),
    ("no folder can be made", a_file_where_a_folder_should_be, "Choose another place"),
]


@pytest.mark.parametrize(("make", "remedy"), [row[1:] for row in UNUSABLE], ids=[row[0] for row in UNUSABLE])
def test_an_unusable_file_says_what_to_do(tmp_path: Path, make: Callable[[Path], Path], remedy: str) -> None:
    with pytest.raises(LedgerError, match=remedy):
        Ledger.open(make(tmp_path / "x"))


LIMITED = [
    ("disk full", "PRAGMA max_page_count = 1", "disk is full"),
    ("read-only", "PRAGMA query_only = ON", "read-only"),
    ("locked by another program", "PRAGMA busy_timeout = 1", "another program is writing"),
]


@pytest.mark.parametrize(("pragma", "remedy"), [row[1:] for row in LIMITED], ids=[row[0] for row in LIMITED])
def test_a_write_that_is_refused_says_what_to_do(tmp_path: Path, ledger: Ledger, pragma: str, remedy: str) -> None:
    with reading(ledger._engine) as connection:
        connection.exec_driver_sql(pragma)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        if "busy" in pragma:
            other.execute("BEGIN IMMEDIATE")
        large = replace(MESSAGE, text="x" * 1_000_000)
        with pytest.raises(LedgerError, match=remedy):
            recorded(ledger, large)
    assert ledger.deliveries("one", "channel") == ()


def test_a_file_that_was_taken_away_is_not_written_to(tmp_path: Path, ledger: Ledger) -> None:
    """SQLite would, into a file without a name: nothing of it would be there at the next start."""
    path, elsewhere = tmp_path / "ledger.db", tmp_path / "elsewhere.db"
    path.rename(elsewhere)
    for _ in range(2):
        with pytest.raises(LedgerError, match="was removed"):
            recorded(ledger)
    assert not path.exists(), "an empty one in its place would look like a new ledger"
    elsewhere.rename(path)
    recorded(ledger)
    assert len(ledger.deliveries("one", "channel")) == 1


def test_a_file_that_was_replaced_is_named_once_and_then_used(tmp_path: Path, ledger: Ledger) -> None:
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    recorded(ledger)
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    shutil.move(copy, path)
    with pytest.raises(LedgerError, match="was replaced"):
        ledger.unfinished()
    recorded(ledger)
    assert len(ledger.deliveries("one", "channel")) == 1


def test_a_file_needs_no_driver_for_servers(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\nfrom bots.ledger import Ledger\nLedger.open(sys.argv[1]).close()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "ledger.db")]
    assert subprocess.run(command, check=False).returncode == 0

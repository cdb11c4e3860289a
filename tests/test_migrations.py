"""An older ledger with rows in it becomes today's, after a backup; a death on the way leaves the old one or the new."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from sqlalchemy import event

from bots.ledger import Ledger, Owner
from bots.ledger.engine import connect, writing
from bots.ledger.migrate import _config, upgrade
from bots.model import Message, Receipt, State

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


def old_ledger(path: Path) -> Path:
    """A ledger as the first version left it, with a message out there and one to be sent."""
    engine = connect(f"sqlite:///{path}")
    with writing(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(ROWS)
    return path


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as raw:
        found: str = raw.execute("SELECT version_num FROM weektech_version").fetchone()[0]
        return found


def columns(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        return {row[1] for row in raw.execute("PRAGMA table_info(deliveries)")}


def test_an_old_ledger_goes_on_where_it_was(tmp_path: Path) -> None:
    path = old_ledger(tmp_path / "ledger.db")
    with closing(Ledger.open(path)) as ledger:
        sent, pending = ledger.deliveries("one", "channel")
        assert ledger.instance == "feedbeef"
        assert (sent.state, sent.ids, sent.url) == (State.SENT, ("7",), "https://chat/7")
        assert sent.payload == Message("a", 1, "sendMessage", {"text": "x"}, "x")
        assert (sent.chat, sent.within, sent.todo) == (None, None, ())
        assert ledger.unfinished() == (pending,)
        done = ledger.confirm(ledger.claim(pending, Owner.this_process()), Receipt(("8",)))
        assert done.state is State.SENT


def test_the_backup_is_the_ledger_as_it_was(tmp_path: Path) -> None:
    path = old_ledger(tmp_path / "ledger.db")
    Ledger.open(path).close()
    copy = tmp_path / "ledger.db.schema-0001.backup"
    assert (revision(path), revision(copy)) == ("0004", "0001")
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("SELECT count(*) FROM deliveries").fetchone() == (2,)


def test_an_up_to_date_ledger_is_left_alone(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "ledger.db").close()
    Ledger.open(tmp_path / "ledger.db").close()
    assert not list(tmp_path.glob("*.backup"))


def files_at_each_statement(path: Path, folder: Path) -> list[Path]:
    """Upgrade, and keep the files as they lay there behind each statement: what a process killed then would leave."""
    engine, kept = connect(f"sqlite:///{path}"), list[Path]()

    @event.listens_for(engine, "after_cursor_execute")
    def keep(*_: object) -> None:
        copy = folder / f"{len(kept)}.db"
        for end in ("", "-wal"):
            if (found := path.with_name(path.name + end)).exists():
                shutil.copy(found, copy.with_name(copy.name + end))
        kept.append(copy)

    upgrade(engine)
    engine.dispose()
    return kept


def test_killed_anywhere_it_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    seen: list[str] = []
    for left in files_at_each_statement(old_ledger(tmp_path / "ledger.db"), tmp_path):
        seen.append(revision(left))
        assert ("todo" in columns(left)) is (seen[-1] == "0004")
        with closing(Ledger.open(left)) as ledger:
            assert len(ledger.deliveries("one", "channel")) == 2
    assert len(seen) > 5
    assert set(seen) == {"0001"}, "the new one is there with the commit, behind the last statement"


def test_killed_while_it_is_made_a_new_ledger_is_made_again(tmp_path: Path) -> None:
    for left in files_at_each_statement(tmp_path / "ledger.db", tmp_path):
        with closing(Ledger.open(left)) as ledger:
            assert ledger.unfinished() == ()

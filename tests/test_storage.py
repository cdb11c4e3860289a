"""The database fails in mid-publication (reliability.md 2): a clear error, and in the end nothing twice, nothing lost.

Each fault strikes a publication at a named moment, stays for a second try, and goes.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bots.errors import LedgerError
from bots.ledger import postgres as dialect
from bots.ledger.postgres import SCHEMA
from bots.model import State
from tests.fakechat import Killed, Process
from tests.fakeworld import CHANNEL, ISSUE, TEXTS, World, world_at
from tests.postgres import Server
from tests.relay import Relay, relay_to

PLANNING = (("plan.before", 1),)
OUTSIDE = (("plan.before", 1), ("intent.before", 1), ("send.after", 3))
"""Moments between two transactions, a call to a platform under way or just done."""
EMPTY = (("intent.before", 1), ("send.after", 1))
"""Moments before the first id is recorded."""
INSIDE = (("plan.during", 1), ("intent.during", 2), ("confirm.during", 3))
"""Moments in the middle of a transaction."""


@dataclass(slots=True)
class Stage:
    """Where a fault happens."""

    world: World
    path: Path
    """The ledger's file, when it is in one."""
    server: Server | None = None
    name: str = ""
    """Of its database on the server."""
    relay: Relay | None = None
    held: ExitStack = field(default_factory=ExitStack)
    """What the fault holds, let go when it is lifted."""

    @property
    def engine(self) -> Engine:
        return self.world.ledger._engine

    @property
    def there(self) -> Server:
        assert self.server is not None
        return self.server


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that can be wrong with a database."""

    name: str
    strike: Callable[[Stage], None]
    words: str
    """What the author is told."""
    moments: tuple[tuple[str, int], ...]
    lasting: bool = True
    """It stays until it is lifted; else it has passed when the error is raised."""


@dataclass(slots=True)
class Struck(Process):
    """A process that something happens to, the nth time it comes to a point."""

    at: str = ""
    nth: int = 1
    strike: Callable[[], None] = lambda: None

    def point(self, name: str) -> None:
        super(Struck, self).point(name)
        if name == self.at and self.passed.count(name) == self.nth:
            self.strike()


# A file


def every_connection(stage: Stage, pragma: str) -> None:
    """Connections as they are made from now on; those there are given up."""

    def set_up(connection: Any, _: object) -> None:
        connection.execute(pragma)

    event.listen(stage.engine, "connect", set_up)
    stage.engine.dispose()
    stage.held.callback(stage.engine.dispose)
    stage.held.callback(event.remove, stage.engine, "connect", set_up)


def disk_full(stage: Stage) -> None:
    every_connection(stage, "PRAGMA max_page_count = 1")


def write_protected(stage: Stage) -> None:
    every_connection(stage, "PRAGMA query_only = ON")


def locked(stage: Stage) -> None:
    every_connection(stage, "PRAGMA busy_timeout = 1")
    # Let go from another thread than this one.
    other = sqlite3.connect(stage.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    stage.held.callback(other.close)


def removed(stage: Stage) -> None:
    away = stage.path.with_name("away.db")
    stage.path.rename(away)
    stage.held.callback(away.rename, stage.path)


IN_FILE = [
    Fault("disk full", disk_full, "disk is full", PLANNING),
    Fault("read-only", write_protected, "read-only", OUTSIDE),
    Fault("locked by another program", locked, "another program is writing", OUTSIDE),
    Fault("file removed", removed, "was removed", OUTSIDE),
]


# A server


def no_space(stage: Stage) -> None:
    """The table of message ids can't grow: its file leads to the device that is always full."""
    [(place,)] = stage.there.run(f"SELECT pg_relation_filepath('{SCHEMA}.messages')", database=stage.name)
    file, away = stage.there.data / place, stage.there.data / f"{place}.away"
    file.rename(away)
    file.symlink_to("/dev/full")
    stage.held.callback(stage.there.hang_up, stage.name)
    stage.held.callback(away.replace, file)
    # A session that has the file open already would not notice.
    stage.there.hang_up(stage.name)


def standby(stage: Stage) -> None:
    stage.there.run(f"ALTER DATABASE {stage.name} SET default_transaction_read_only = on")
    stage.held.callback(stage.there.hang_up, stage.name)
    stage.held.callback(stage.there.run, f"ALTER DATABASE {stage.name} RESET ALL")
    stage.there.hang_up(stage.name)


def another_writer(stage: Stage) -> None:
    other = psycopg.connect(stage.there.url(stage.name), autocommit=True)
    other.execute("SELECT pg_advisory_lock(%s)", (int.from_bytes(b"weektech"),))
    stage.held.callback(other.close)


def stopped(stage: Stage) -> None:
    stage.there.stop(signal.SIGINT)
    stage.held.callback(stage.there.start)


def crashed(stage: Stage) -> None:
    stage.there.stop(signal.SIGQUIT)
    stage.held.callback(stage.there.start)


def sessions_ended(stage: Stage) -> None:
    stage.there.hang_up(stage.name)


def cut_in_commit(stage: Stage) -> None:
    assert stage.relay is not None
    stage.relay.cut_at, stage.relay.carried_out = b"COMMIT\0", False


def cut_behind_commit(stage: Stage) -> None:
    assert stage.relay is not None
    stage.relay.cut_at, stage.relay.carried_out = b"COMMIT\0", True


def pool_used_up(stage: Stage) -> None:
    try:
        while True:
            stage.held.callback(stage.engine.connect().close)
    except PoolTimeout:
        return


NOT_NOW = "restarted|can't be reached|was lost"
ON_SERVER = [
    Fault("disk full", no_space, "disk is full", EMPTY),
    Fault("read-only", standby, "read-only|restarted|lost", OUTSIDE),
    Fault("locked by another writer", another_writer, "another weektech is writing", OUTSIDE),
    Fault("server stopped", stopped, NOT_NOW, (*OUTSIDE, *INSIDE)),
    Fault("server crashed", crashed, NOT_NOW, (*OUTSIDE, *INSIDE)),
    Fault("session ended", sessions_ended, NOT_NOW, INSIDE, lasting=False),
    Fault("cut off in COMMIT", cut_in_commit, "nobody knows|lost", INSIDE, lasting=False),
    Fault("cut off behind COMMIT", cut_behind_commit, "nobody knows|lost", INSIDE, lasting=False),
    Fault("pool used up", pool_used_up, "connections are in use", OUTSIDE),
]


def cases(faults: list[Fault]) -> list[Any]:
    """Each fault at its last moment, which is the hardest; the others in the long runs."""
    return [
        pytest.param(
            fault,
            *moment,
            id=f"{fault.name} at {moment[0]} {moment[1]}",
            marks=() if moment == fault.moments[-1] else pytest.mark.soak,
        )
        for fault in faults
        for moment in fault.moments
    ]


@pytest.mark.parametrize(("fault", "at", "nth"), cases(IN_FILE))
def test_a_file_fails_in_mid_publication(tmp_path: Path, fault: Fault, at: str, nth: int) -> None:
    path = tmp_path / "ledger.db"
    with world_at(path) as world:
        struck(Stage(world, path), fault, at, nth)


@contextmanager
def on_server(server: Server, *, wired: bool) -> Iterator[Stage]:
    """A stage with its ledger on the server; `wired` puts a relay in between, that can be cut."""
    with ExitStack() as stack:
        name, relay = stack.enter_context(server.ledger()), stack.enter_context(relay_to(server.socket))
        world = stack.enter_context(world_at(relay.url(name) if wired else server.url(name)))
        yield Stage(world, Path(), server, name, relay)


@pytest.mark.parametrize(("fault", "at", "nth"), cases(ON_SERVER))
def test_a_server_fails_in_mid_publication(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, fault: Fault, at: str, nth: int
) -> None:
    monkeypatch.setattr(dialect, "_SETTINGS", tuple(one.replace("'5s'", "'50ms'") for one in dialect._SETTINGS))
    monkeypatch.setitem(dialect.ARGUMENTS, "pool_timeout", 0.1)
    with on_server(postgres, wired=fault.strike in {cut_in_commit, cut_behind_commit}) as stage:
        struck(stage, fault, at, nth)


def struck(stage: Stage, fault: Fault, at: str, nth: int) -> None:
    world = stage.world
    with stage.held:
        process = Struck(at=at, nth=nth, strike=lambda: fault.strike(stage))
        with pytest.raises(LedgerError, match=fault.words):
            world.publish(ISSUE, process=process)
        assert at in process.passed
        calls = sent(world)
        if fault.lasting:
            with pytest.raises(LedgerError, match=fault.words):
                world.publish(ISSUE)
            assert sent(world) == calls, "sent although nothing can be written down"
    recovers(world)


def sent(world: World) -> list[int]:
    return [len(chat.calls) for chat in (world.channel, world.server)]


def recovers(world: World) -> None:
    """The next run finishes, or names what it can't know; then the author says so, and the one after that finishes."""
    if not all(report.ok for report in world.publish(ISSUE).values()):
        doubted = [row for row in world.ledger.unfinished() if row.state is State.IN_DOUBT]
        assert [row.destination for row in doubted] == [CHANNEL.name], "Discord has evidence"
        world.settle_by_looking()
        assert all(report.ok for report in world.publish(ISSUE).values())
    for chat in (world.channel, world.server):
        assert chat.texts == TEXTS
        assert len(chat.shown) == len(TEXTS), "something was sent twice"
    assert world.ledger.unfinished() == ()


# The power fails while the log is being written


@dataclass(slots=True)
class Filmed(Process):
    """Keeps the ledger's file and its log as they are at the last intent before it dies, and right behind that."""

    path: Path = Path()
    log: dict[str, bytes] = field(default_factory=dict)

    def point(self, name: str) -> None:
        if name in {"intent.during", "intent.after"}:
            self.log[name] = self.path.with_name(f"{self.path.name}-wal").read_bytes()
        super(Filmed, self).point(name)


@pytest.mark.parametrize("garbage", [False, True], ids=["cut short", "ends in garbage"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_torn_log_is_the_ledger_before_the_last_commit(tmp_path: Path, share: float, garbage: bool) -> None:
    """A commit that was not acknowledged was not acted upon: the send it announced has not been made."""
    path, torn = tmp_path / "ledger.db", tmp_path / "torn.db"
    with world_at(path) as world:
        # The point behind the third intent.
        process = Filmed(dies_at=3 + 2 * 9 + 3, path=path)
        world.destinations = (CHANNEL,)
        with pytest.raises(Killed):
            world.publish(ISSUE, process=process)
        assert process.passed[-1] == "intent.after"
        shutil.copy(path, torn)
        before, whole = process.log["intent.during"], process.log["intent.after"]
        assert whole.startswith(before)
        end = len(before) + int((len(whole) - len(before)) * share)
        rest = b"\xff" * (len(whole) - end) if garbage else b""
        torn.with_name("torn.db-wal").write_bytes(whole[:end] + rest)
        telegram = world.telegram
    with world_at(torn) as world:
        states = [row.state for row in world.ledger.deliveries("one", CHANNEL.name)]
        assert states == [State.SENT, State.SENT, *[State.PENDING] * 4]
        world.telegram, telegram.clock = telegram, world.clock
        recovers(world)

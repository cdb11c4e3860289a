"""The ledger on a real PostgreSQL server: what a file gives, a server gives too, and its troubles say what to do."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bots.errors import LedgerError
from bots.ledger import Change, IssueRow, Ledger, Owner, SectionRow, Task, engine
from bots.ledger import postgres as dialect
from bots.ledger.engine import reading, writing
from bots.model import Message, Receipt, State
from tests.postgres import Server
from tests.relay import Relay, relay_to

ME = Owner.this_process()
MESSAGE = Message("a", 1, "sendMessage", {"text": "hello"}, "hello")
SECTION = SectionRow("a", "A", ("A",), 1, "digest", "opening")


@pytest.fixture
def name(postgres: Server) -> Iterator[str]:
    """A database with a ledger as new."""
    with postgres.ledger() as found:
        yield found


@pytest.fixture
def relay(postgres: Server) -> Iterator[Relay]:
    with relay_to(postgres.socket) as made:
        yield made


def recorded(ledger: Ledger, issue: str = "one", section: SectionRow = SECTION) -> None:
    """An issue with one message to be sent."""
    row = ledger.issue(issue) or IssueRow(issue, issue, "One", "posts/one.md")
    ledger.record(row, [section], [Change("channel", section.id, 1, Task.SEND, MESSAGE, "words:all:own")])


# Transactions

PROMISED = {
    "search_path": "weektech",
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
}


def shown(connection: Connection, *names: str) -> dict[str, str]:
    return {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names}


def test_a_transaction_brings_its_own_settings_and_takes_them_with_it(postgres: Server, name: str) -> None:
    """A pooler gives each transaction another session, so nothing may be left in one or expected of it."""
    postgres.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    with closing(Ledger.open(postgres.url(name))) as ledger:
        with writing(ledger._engine) as connection:
            found = {
                one: connection.exec_driver_sql(f"SHOW {one}").scalar() for one in (*PROMISED, "synchronous_commit")
            }
            assert found == {**PROMISED, "synchronous_commit": "on"}
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
        with reading(ledger._engine) as connection:
            assert {one: connection.exec_driver_sql(f"SHOW {one}").scalar() for one in PROMISED} == PROMISED
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
            for _ in range(10):
                connection.execute(text("SELECT 1 WHERE 1 = :one"), {"one": 1})
            assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
        with closing(ledger._engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("SHOW search_path")
            assert cursor.fetchone() == ('"$user", public',)


def test_writers_of_many_processes_take_turns(postgres: Server, name: str) -> None:
    """Each counts on what the one before it wrote: the place in the queue is the highest so far and one."""

    def write(number: int) -> None:
        with closing(Ledger.open(postgres.url(name))) as ledger:
            for one in range(5):
                recorded(ledger, f"issue-{number}-{one}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with closing(Ledger.open(postgres.url(name))) as ledger:
        assert sorted(row.seq for row in ledger.unfinished()) == list(range(1, 21))


def test_a_reader_waits_for_no_writer_and_sees_one_state(postgres: Server, name: str) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger, closing(Ledger.open(postgres.url(name))) as other:
        recorded(other)
        count = text("SELECT count(*) FROM deliveries")
        with reading(ledger._engine) as reader:
            assert reader.scalar(count) == 1
            recorded(other, "two")
            assert reader.scalar(count) == 1
        with writing(other._engine):
            assert len(ledger.unfinished()) == 2


def test_a_reader_can_not_write(postgres: Server, name: str) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger:
        with pytest.raises(LedgerError, match="read-only"), reading(ledger._engine) as connection:
            connection.exec_driver_sql("DELETE FROM switches")
        ledger.pause("and writers still can")


def test_other_programs_tables_are_left_alone(postgres: Server) -> None:
    with postgres.database() as shared:
        postgres.run("CREATE TABLE issues (id int)", database=shared)
        postgres.run("CREATE TABLE weektech_version (version_num text)", database=shared)
        with closing(Ledger.open(postgres.url(shared))) as ledger:
            recorded(ledger)
            assert ledger.issue("one") is not None
        assert postgres.run("SELECT count(*) FROM public.issues", database=shared) == [(0,)]


def test_a_writer_that_stands_still_does_not_keep_the_others_waiting(
    postgres: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortened(monkeypatch, "30s", "100ms")
    with closing(Ledger.open(postgres.url(name))) as ledger, closing(Ledger.open(postgres.url(name))) as other:
        with pytest.raises(LedgerError, match=r"stood still|was lost"), writing(ledger._engine):
            other.pause("got the lock from one that holds it and does nothing")
        ledger.go_on()


def shortened(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Give up sooner than in earnest."""
    monkeypatch.setattr(dialect, "_SETTINGS", tuple(one.replace(old, new) for one in dialect._SETTINGS))


# Connections


def test_a_connection_that_died_while_idle_is_replaced_unseen(postgres: Server, name: str) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger:
        recorded(ledger)
        postgres.hang_up(name)
        assert len(ledger.unfinished()) == 1
        postgres.hang_up(name)
        recorded(ledger, "two")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_restart_of_the_server_between_two_calls(postgres: Server, name: str, how: signal.Signals) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger:
        recorded(ledger)
        postgres.stop(how)
        with pytest.raises(LedgerError, match="can't be reached"):
            ledger.unfinished()
        postgres.start()
        assert len(ledger.unfinished()) == 1


def test_lost_before_the_commit_nothing_was_written(postgres: Server, name: str) -> None:
    def lost(point: str) -> None:
        if point == "intent.during":
            postgres.hang_up(name)

    with closing(Ledger.open(postgres.url(name), point=lost)) as ledger:
        recorded(ledger)
        (row,) = ledger.unfinished()
        with pytest.raises(LedgerError, match=r"restarted|lost"):
            ledger.claim(row, ME)
        assert ledger.unfinished() == (row,)


@pytest.mark.parametrize("carried_out", [False, True], ids=["unheard", "carried out"])
def test_lost_in_the_commit_nobody_knows(relay: Relay, name: str, carried_out: bool) -> None:
    with closing(Ledger.open(relay.url(name))) as ledger:
        recorded(ledger)
        (row,) = ledger.unfinished()
        relay.cut_at, relay.carried_out = b"COMMIT\0", carried_out
        with pytest.raises(LedgerError, match="nobody knows") as failed:
            ledger.claim(row, ME)
        assert "secret" not in str(failed.value)
        # The lock is the lost writer's until the server has heard of the loss: a writer waits for that, a reader not.
        ledger.pause("the next call works")
        (found,) = ledger.unfinished()
        assert found.state is (State.SENDING if carried_out else State.PENDING)


def test_more_callers_than_connections(postgres: Server, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dialect.ARGUMENTS, "pool_timeout", 0.05)
    with closing(Ledger.open(postgres.url(name))) as ledger:
        with ExitStack() as held:
            for _ in range(dialect.ARGUMENTS["pool_size"] + dialect.ARGUMENTS["max_overflow"]):
                held.enter_context(reading(ledger._engine))
            with pytest.raises(LedgerError, match="connections are in use"):
                ledger.unfinished()
        assert ledger.unfinished() == ()


# What is wrong, and what to do


def nobody_there(_: Server, __: str) -> str:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    return f"postgresql://me:secret@127.0.0.1:{port}/ledger"


def no_socket(_: Server, name: str) -> str:
    return f"postgresql://me:secret@/{name}?host=/nowhere"


def wrong_password(server: Server, name: str) -> str:
    with_user(server)
    return server.url(name, "secretive:secret")


def no_password(server: Server, name: str) -> str:
    with_user(server)
    return server.url(name, "secretive")


def wrong_password_elsewhere(server: Server, name: str) -> str:
    with_user(server)
    return server.url(name, "") + "&user=secretive&password=secret"


def no_user(server: Server, name: str) -> str:
    return server.url(name, "nobody:secret")


def no_database(server: Server, _: str) -> str:
    return server.url("missing", "postgres:secret")


def no_connection_left(server: Server, name: str) -> str:
    with_user(server)
    server.run("ALTER ROLE secretive CONNECTION LIMIT 0")
    return server.url(name, "secretive:right")


def no_rights(server: Server, name: str) -> str:
    with_user(server)
    server.run("ALTER ROLE secretive CONNECTION LIMIT -1")
    return server.url(name, "secretive:right")


def read_only(server: Server, name: str) -> str:
    server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    return server.url(name, "postgres:secret")


def odd_option(server: Server, name: str) -> str:
    return server.url(name, "postgres:secret") + "&colour=green"


def with_user(server: Server) -> None:
    """A user with a password."""
    with suppress(Exception):
        server.run("CREATE ROLE secretive LOGIN PASSWORD 'right'")


TROUBLES: list[tuple[str, Callable[[Server, str], str], str]] = [
    ("nobody listens", nobody_there, r"can't be reached.*refused"),
    ("no socket", no_socket, "can't be reached"),
    ("a wrong password", wrong_password, "user or password"),
    ("no password", no_password, "user or password"),
    ("a wrong password in the query", wrong_password_elsewhere, "user or password"),
    ("no such user", no_user, "user or password"),
    ("no such database", no_database, "no such database"),
    ("too many connections", no_connection_left, "no connection left"),
    ("no right to the tables", no_rights, "CREATE SCHEMA weektech AUTHORIZATION"),
    ("read-only", read_only, "read-only"),
    ("an option there is not", odd_option, "colour"),
]


@pytest.mark.parametrize(("make", "remedy"), [row[1:] for row in TROUBLES], ids=[row[0] for row in TROUBLES])
def test_trouble_is_named_with_a_remedy_and_without_the_password(
    postgres: Server, make: Callable[[Server, str], str], remedy: str
) -> None:
    with postgres.database() as name:
        url = make(postgres, name)
        with pytest.raises(LedgerError, match=remedy) as failed:
            Ledger.open(url)
    assert "secret" not in str(failed.value).replace("secretive", "")
    assert "\n" not in str(failed.value)
    assert str(failed.value).startswith("The ledger postgresql+psycopg://")


def test_another_writer_that_does_not_end_is_named(
    postgres: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger, closing(Ledger.open(postgres.url(name))) as other:
        with writing(other._engine):
            shortened(monkeypatch, "5s", "50ms")
            with pytest.raises(LedgerError, match="another weektech is writing"):
                ledger.pause("")
        ledger.pause("")


def test_a_statement_that_does_not_end_is_named(postgres: Server, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger:
        shortened(monkeypatch, "30s", "50ms")
        with pytest.raises(LedgerError, match="took too long"), reading(ledger._engine) as connection:
            connection.exec_driver_sql("SELECT pg_sleep(60)")


def test_a_section_id_too_long_for_an_index(postgres: Server, name: str) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger:
        endless = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(4000))
        with pytest.raises(LedgerError, match="short one"):
            recorded(ledger, section=replace(SECTION, id=endless))
        assert ledger.issue("one") is None


def test_a_database_that_holds_only_some_letters(postgres: Server) -> None:
    postgres.run("CREATE DATABASE latin ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with closing(Ledger.open(postgres.url("latin"))) as ledger, pytest.raises(LedgerError, match="ENCODING 'UTF8'"):
        ledger.pause("微信")
    postgres.run("DROP DATABASE latin")


ADDRESSES = [
    ("another database", "mysql://me:secret@host/ledger", "mysql"),
    ("no address", "postgresql://me:secret@host:port/ledger", "no address"),
    ("a scheme alone", "://", "no address"),
]


@pytest.mark.parametrize(("url", "remedy"), [row[1:] for row in ADDRESSES], ids=[row[0] for row in ADDRESSES])
def test_an_address_that_can_not_be_used(url: str, remedy: str) -> None:
    with pytest.raises(LedgerError, match=remedy) as failed:
        Ledger.open(url)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_the_scheme_is_the_same_driver(scheme: str) -> None:
    found = engine.connect(f"{scheme}://me:secret@host/ledger")
    assert found.driver == "psycopg"


def test_what_the_address_says_itself_comes_first() -> None:
    given = {"connect_timeout": "3"}
    dialect._connecting(None, None, None, given)
    assert (given["connect_timeout"], given["client_encoding"]) == ("3", "utf8")


def test_the_kind_of_the_database_is_named(postgres: Server, name: str, tmp_path: Path) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger:
        assert ledger.database.startswith("PostgreSQL 1")
    with closing(Ledger.open(tmp_path / "ledger.db")) as ledger:
        assert ledger.database.startswith("SQLite 3.")


def test_a_send_from_intent_to_confirmation_is_seen_by_another_process(postgres: Server, name: str) -> None:
    with closing(Ledger.open(postgres.url(name))) as ledger, closing(Ledger.open(postgres.url(name))) as other:
        recorded(ledger)
        (row,) = other.unfinished()
        ledger.confirm(ledger.claim(row, ME), Receipt(("7",)))
        assert other.unfinished() == ()

"""The ledger on real SQLite files: what is written stays, what can't be used says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bots.errors import LedgerError
from bots.ledger import Change, Delivery, Intent, IssueRow, Ledger, Owner, SectionRow, Task, Trouble
from bots.ledger.codec import dump, fingerprint, load
from bots.ledger.engine import reading, writing
from bots.ledger.tables import VERSION_TABLE, Moment, metadata
from bots.model import Message, Receipt, Slot, State, Upload

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MESSAGE = Message("a", 1, "sendMessage", {"text": "hello"}, "hello")
ME = Owner.this_process()
ISSUE = IssueRow("one", "one", "One", "posts/one.md")
SECTION = SectionRow("a", "A", ("A",), 1, "digest", "opening")


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def ledger(where: str, hand: Hand) -> Iterator[Ledger]:
    made = Ledger.open(where, now=hand)
    yield made
    made.close()


def change(part: int = 1, task: Task = Task.SEND, row: Delivery | None = None, message: Message = MESSAGE) -> Change:
    return Change("channel", "a", part, task, message, "words:all:own", row)


def recorded(ledger: Ledger, *changes: Change) -> tuple[Delivery, ...]:
    """The channel's rows after a plan with these changes."""
    found = ledger.issue("one") or ISSUE
    ledger.record(found, [SECTION], changes)
    return ledger.deliveries("one", "channel")


def sent(ledger: Ledger, message: Message = MESSAGE) -> Delivery:
    (row,) = recorded(ledger, change(message=message))
    return ledger.confirm(ledger.claim(row, ME), Receipt(("7",), "https://chat/7"))


def test_a_plan_is_queued_in_order_with_lasting_nonces(ledger: Ledger) -> None:
    rows = recorded(ledger, change(1), change(2))
    assert [(row.seq, row.part, row.state, row.task) for row in rows] == [
        (1, 1, State.PENDING, Task.SEND),
        (2, 2, State.PENDING, Task.SEND),
    ]
    assert len({row.nonce for row in rows}) == 2
    assert all(len(row.nonce) <= 25 for row in rows)
    assert ledger.past("one").sections == (SECTION,)
    assert ledger.past("one").issue == replace(ISSUE, revision=1)


def test_a_send_from_intent_to_confirmation(ledger: Ledger, hand: Hand) -> None:
    (row,) = recorded(ledger, change())
    claimed = ledger.claim(row, ME)
    assert (claimed.state, claimed.attempt, claimed.claimed_at) == (State.SENDING, 1, NOON)
    assert claimed.unsettled
    hand.at += timedelta(seconds=3)
    confirmed = ledger.confirm(claimed, Receipt(("7", "8"), "https://chat/7"))
    assert (confirmed.state, confirmed.task, confirmed.ids, confirmed.url) == (
        State.SENT,
        Task.NONE,
        ("7", "8"),
        "https://chat/7",
    )
    found = ledger.issue("one")
    assert found is not None
    assert found.first_published_at == hand.at
    assert ledger.unfinished() == ()


def test_an_edit_replaces_the_payload_only_when_it_is_confirmed(ledger: Ledger) -> None:
    before = sent(ledger)
    better = replace(MESSAGE, text="better", body={"text": "better"})
    (row,) = recorded(ledger, change(task=Task.EDIT, row=before, message=better))
    assert (row.payload, row.target, row.out_there) == (MESSAGE, better, True)
    claimed = ledger.claim(row, ME, Intent(Task.EDIT))
    after = ledger.confirm(claimed, Receipt(("7",)))
    assert (after.payload, after.target, after.ids, after.url) == (better, None, ("7",), "https://chat/7")


def test_links_are_remembered_apart_from_the_payload(ledger: Ledger) -> None:
    row = sent(ledger, replace(MESSAGE, slots=(Slot("b", 0, 1),)))
    assert row.links == {}
    claimed = ledger.claim(row, ME, Intent(Task.LINK, links={"b": "https://chat/9"}))
    assert claimed.links == {}
    linked = ledger.confirm(claimed, Receipt(("7",)))
    assert linked.links == {"b": "https://chat/9"}
    assert linked.payload == row.payload


def test_a_deletion_keeps_the_ids_for_replies_that_still_come(ledger: Ledger) -> None:
    (row,) = recorded(ledger, change(task=Task.DELETE, row=sent(ledger)))
    gone = ledger.confirm(ledger.claim(row, ME, Intent(Task.DELETE)), Receipt(()))
    assert (gone.state, gone.ids, gone.out_there) == (State.DELETED, ("7",), False)


OUTCOMES: list[tuple[str, Callable[[Ledger], Callable[[Delivery, Trouble], Delivery]], State]] = [
    ("provably not taken", lambda ledger: ledger.release, State.PENDING),
    ("refused", lambda ledger: ledger.fail, State.FAILED),
    ("unknown", lambda ledger: ledger.doubt, State.IN_DOUBT),
]


@pytest.mark.parametrize(("outcome", "state"), [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES])
def test_what_went_wrong_is_named(
    ledger: Ledger, outcome: Callable[[Ledger], Callable[[Delivery, Trouble], Delivery]], state: State
) -> None:
    (row,) = recorded(ledger, change())
    outcome(ledger)(ledger.claim(row, ME), Trouble("400", "too long"))
    (found,) = ledger.unfinished()
    assert (found.state, found.task, found.error_code, found.error) == (state, Task.SEND, "400", "too long")


@pytest.mark.parametrize("end", ["confirm", "doubt", "claim"])
def test_a_send_is_claimed_only_once(ledger: Ledger, end: str) -> None:
    (row,) = recorded(ledger, change())
    claimed = ledger.claim(row, ME)
    if end == "confirm":
        ledger.confirm(claimed, Receipt(("7",)))
    elif end == "doubt":
        ledger.doubt(claimed, Trouble("", ""))
    with pytest.raises(LedgerError, match="not pending"):
        ledger.claim(row, ME)


def test_a_row_that_changed_since_it_was_read_is_not_claimed(ledger: Ledger) -> None:
    (row,) = recorded(ledger, change())
    ledger.release(ledger.claim(row, ME), Trouble("", ""))
    with pytest.raises(LedgerError, match="in the meantime"):
        ledger.claim(row, ME)


def test_a_plan_never_resets_a_row_that_was_sent_since(ledger: Ledger) -> None:
    (row,) = recorded(ledger, change())
    ledger.confirm(ledger.claim(row, ME), Receipt(("7",)))
    with pytest.raises(LedgerError, match="has changed since"):
        recorded(ledger, change(row=row))
    assert ledger.deliveries("one", "channel")[0].state is State.SENT


def test_a_plan_from_an_old_revision_is_refused_as_a_whole(ledger: Ledger) -> None:
    recorded(ledger, change(1))
    with pytest.raises(LedgerError, match="Run the command again"):
        ledger.record(ISSUE, [SECTION], [change(2)])
    assert len(ledger.deliveries("one", "channel")) == 1


def test_the_highest_id_counts_as_a_number(ledger: Ledger) -> None:
    rows = recorded(ledger, change(1), change(2), change(3))
    for row, name in zip(rows[:2], ("99", "100"), strict=True):
        ledger.confirm(ledger.claim(row, ME), Receipt((name,)))
    assert ledger.claim(rows[2], ME).after == "100"


def test_everything_survives_a_new_start(where: str) -> None:
    first = Ledger.open(where)
    row = sent(first)
    first.close()
    second = Ledger.open(where)
    assert second.instance == first.instance
    assert second.deliveries("one", "channel") == (row,)
    second.close()


def test_nonces_of_two_ledgers_never_meet(tmp_path: Path) -> None:
    nonces = set()
    for name in ("a.db", "b.db"):
        with closing(Ledger.open(tmp_path / name)) as ledger:
            nonces.add(recorded(ledger, change())[0].nonce)
    assert len(nonces) == 2


# Leases

NAME, _, NAMESPACE = ME.host.split("/", 2)
TWIN = f"{NAME}/another run/{NAMESPACE}"
"""A machine with our name, whose processes are numbered as ours are."""

OTHERS = [
    # who holds the lease, seconds later, may another take it
    ("a living process", replace(ME, token="other"), 10, False),
    ("a living process at the last moment", replace(ME, token="other"), 149, False),
    ("a living process that let it run out", replace(ME, token="other"), 150, True),
    ("a dead process on this machine", replace(ME, pid=2**22 + 1), 1, True),
    ("an earlier process with the same number", replace(ME, started="1"), 1, True),
    ("a process on another machine", replace(ME, host="elsewhere", pid=2**22 + 1), 10, False),
    ("a process on another machine of the same name", replace(ME, host=TWIN, pid=2**22 + 1), 10, False),
    ("a process on another machine that let it run out", replace(ME, host="elsewhere"), 151, True),
]


@pytest.mark.parametrize(("holder", "later", "free"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_a_lease_is_taken_over_only_from_the_dead_or_the_late(
    ledger: Ledger, hand: Hand, holder: Owner, later: int, free: bool
) -> None:
    ledger.acquire("channel", holder)
    hand.at += timedelta(seconds=later)
    if free:
        assert ledger.acquire("channel", Owner.this_process()).expires > hand.at
        return
    with pytest.raises(LedgerError, match=f"process {holder.pid} on .*2026-11-22 12:02:30 UTC"):
        ledger.acquire("channel", Owner.this_process())


def test_a_lease_is_extended_by_who_holds_it_and_no_other_is(ledger: Ledger, hand: Hand) -> None:
    other = replace(ME, token="other")
    for name in ("channel", "group"):
        ledger.acquire(name, ME)
    hand.at += timedelta(seconds=140)
    ledger.acquire("channel", ME)
    hand.at += timedelta(seconds=140)
    with pytest.raises(LedgerError, match="at work on channel"):
        ledger.acquire("channel", other)
    assert ledger.acquire("group", other).owner == str(other)
    with pytest.raises(LedgerError, match="at work on group"):
        ledger.acquire("group", ME)


def test_the_intent_needs_the_lease(ledger: Ledger) -> None:
    (row,) = recorded(ledger, change())
    ledger.acquire("channel", Owner.this_process())
    with pytest.raises(LedgerError, match="at work on channel"):
        ledger.claim(row, Owner.this_process())
    assert ledger.deliveries("one", "channel")[0].state is State.PENDING


def test_a_lease_given_back_is_free(ledger: Ledger) -> None:
    owner = Owner.this_process()
    ledger.acquire("channel", owner)
    ledger.give_back("channel", Owner.this_process())
    with pytest.raises(LedgerError):
        ledger.acquire("channel", Owner.this_process())
    ledger.give_back("channel", owner)
    ledger.acquire("channel", Owner.this_process())


def test_the_pause_switch(ledger: Ledger) -> None:
    assert ledger.paused() is None
    ledger.pause("holiday")
    ledger.pause("still away")
    assert ledger.paused() == "still away"
    ledger.go_on()
    assert ledger.paused() is None


# The schema


def test_migrations_lead_to_the_tables_in_use(ledger: Ledger) -> None:
    with reading(ledger._engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_a_ledger_of_a_newer_weektech_is_left_alone(where: str, ledger: Ledger) -> None:
    version = text("UPDATE weektech_version SET version_num = :number")
    with writing(ledger._engine) as connection:
        known = connection.scalar(text("SELECT version_num FROM weektech_version"))
        connection.execute(version, {"number": "9999"})
    with pytest.raises(LedgerError, match="newer weektech"):
        Ledger.open(where)
    with writing(ledger._engine) as connection:
        connection.execute(version, {"number": known})


# Values

ODD = "half \ud83d, nothing \0, \x1a0000 as written, 微信 👩‍👩‍👧, \u202e"
"""Text no database takes as it is: half a character, a NUL, and what looks like the escape for one."""


def test_any_text_comes_back_as_it_went_in(ledger: Ledger) -> None:
    ledger.record(replace(ISSUE, id=ODD, title=ODD, path=ODD), [replace(SECTION, id=ODD, sample=ODD)], [])
    assert ledger.past(ODD).issue == replace(ISSUE, id=ODD, title=ODD, path=ODD, revision=1)
    assert ledger.past(ODD).sections == (replace(SECTION, id=ODD, sample=ODD),)
    (row,) = recorded(ledger, change())
    assert ledger.fail(ledger.claim(row, ME), Trouble(ODD, ODD)).error == ODD
    ledger.pause(ODD)
    assert ledger.paused() == ODD


TEXT = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda x: st.lists(x) | st.dictionaries(TEXT, x), max_leaves=5
)


@given(
    st.builds(
        Message,
        section=TEXT,
        part=st.integers(1, 99),
        method=TEXT,
        body=st.dictionaries(TEXT, JSON),
        text=TEXT,
        files=st.lists(st.builds(Upload, TEXT, TEXT, TEXT, st.booleans())).map(tuple),
        slots=st.lists(st.builds(Slot, TEXT, st.integers(0), st.integers(0))).map(tuple),
        inside=st.booleans(),
        after=st.lists(st.sampled_from(["crosspost", "pin"]), unique=True).map(tuple),
    )
)
def test_a_message_comes_back_as_it_went_in(message: Message) -> None:
    dumped = dump(message)
    assert dumped.isascii()
    assert load(dumped) == message
    assert fingerprint(load(dumped)) == fingerprint(message)
    assert json.loads(dumped)["body"] == message.body


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), ledger._engine.dialect)  # noqa: DTZ001 - the fault itself


def test_times_come_back_in_utc(ledger: Ledger, hand: Hand) -> None:
    hand.at = NOON.astimezone(timezone(timedelta(hours=8)))
    (row,) = recorded(ledger, change())
    assert row.updated_at == NOON
    assert row.updated_at.tzinfo is UTC

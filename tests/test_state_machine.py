"""The ledger and the planner under any order of commands: Hypothesis looks for one that breaks what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bots.errors import LedgerError
from bots.ledger import Change, Delivery, Intent, IssueRow, Owner, SectionRow, Task, Texts, Trouble
from bots.model import Issue, Receipt, State
from bots.plan import Action, Plan, Wanted, plan
from tests.fakechat import Process
from tests.fakeworld import CHANNEL, SERVER, MortalLedger, Plain, an_issue
from tests.simulation import Breed, Memory
from tests.virtual import VirtualClock

TEXTS = {
    # Texts of different sections look alike to nobody, so that a correction never raises a question.
    "a": ("alpha ant apple", "alpha ant arrow"),
    "b": ("bravo bell brick", "bravo bell bread"),
    "c": ("cello curd cloud", "![](c.png)", "cello curd cliff\n\nchalk coral"),
    "d": ("dune dock delta\n\ndrum daisy", "dune dock delta"),
}
LEGAL = {
    State.PENDING: {Task.SEND, Task.EDIT, Task.LINK, Task.DELETE, Task.FINISH},
    State.SENDING: {Task.SEND, Task.EDIT, Task.LINK, Task.DELETE, Task.FINISH},
    State.IN_DOUBT: {Task.SEND, Task.EDIT, Task.LINK, Task.DELETE, Task.FINISH},
    State.FAILED: {Task.SEND, Task.EDIT, Task.LINK, Task.DELETE, Task.FINISH},
    State.SENT: {Task.NONE},
    State.DELETED: {Task.NONE},
}
"""What can still be to do in each state."""
VERDICTS = {"fail": State.FAILED, "release": State.PENDING, "doubt": State.IN_DOUBT}
TROUBLE = Trouble("trouble", "Something went wrong.")


def repeatable(row: Delivery) -> bool:
    return row.task not in {Task.NONE, Task.SEND} and row.state is not State.DELETED


class Column(RuleBasedStateMachine):
    """One issue in two chats, with any number of commands at work on it."""

    breed: ClassVar[Breed] = Breed()
    memory: ClassVar[Memory]

    def __init__(self) -> None:
        super().__init__()
        self.memory.forget()
        self.ledger = self.memory.ledger(self.breed, VirtualClock(), Process())
        self.owner = Owner.this_process()
        self.issue: Issue = an_issue("Hello", a=TEXTS["a"][0], b=TEXTS["b"][0])
        self.held: Plan | None = None
        """A plan some other command has made and not recorded yet."""
        self.begun: dict[int, Delivery] = {}
        """Calls this process knows to be under way."""
        self.out: dict[int, str] = {}
        """What is out there: delivery to message id."""
        self.places: dict[int, tuple[str, int]] = {}
        """Each delivery's destination and place, which never change."""
        self.count = 0

    def rows(self) -> tuple[Delivery, ...]:
        return self.ledger.past("one").deliveries

    def planned(self) -> Plan:
        wanted = [Wanted(one, Plain(), Plain().render(self.issue, one, frozenset())) for one in (CHANNEL, SERVER)]
        return plan(self.issue, wanted, self.ledger.past("one"), {"c.png": "c"})

    def record(self, made: Plan) -> None:
        self.ledger.record(made.issue, made.sections, made.changes())

    # The author

    @rule(data=st.data(), names=st.sets(st.sampled_from(sorted(TEXTS)), min_size=1), lead=st.sampled_from(["Hi", "Ho"]))
    def edits_the_issue(self, data: st.DataObject, names: set[str], lead: str) -> None:
        self.issue = an_issue(lead, **{name: data.draw(st.sampled_from(TEXTS[name])) for name in sorted(names)})

    @rule()
    def plans_and_records(self) -> None:
        made = self.planned()
        assert not made.questions
        self.record(made)
        again = self.planned()
        for step in again.steps:
            assert step.row is not None or step.action is Action.LINK, f"planned twice: {step.section} {step.part}"
            assert step.action is not Action.KEEP or step.change is None, f"kept, and yet changed: {step.section}"

    @rule()
    def plans_and_waits(self) -> None:
        self.held = self.planned()

    @precondition(lambda self: self.held is not None)
    @rule()
    def records_the_plan_that_waited(self) -> None:
        assert self.held is not None
        made, self.held = self.held, None
        before = self.ledger.past("one")
        current = before.issue.revision if before.issue else 0
        planned_from = {step.row.id: step.row for step in made.steps if step.row is not None and step.change}
        moved = any((row.state, row.task) != (planned_from[row.id].state, planned_from[row.id].task)
                    for row in before.deliveries if row.id in planned_from)  # fmt: skip
        if made.issue.revision == current and not moved:
            return
        with pytest.raises(LedgerError):
            self.record(made)
        assert self.ledger.past("one") == before

    # A publisher

    @rule(data=st.data())
    def claims(self, data: st.DataObject) -> None:
        open_rows = [row for row in self.rows() if row.task is not Task.NONE]
        if not open_rows:
            return
        row = data.draw(st.sampled_from(open_rows))
        intent = Intent(row.task, {} if row.task is Task.EDIT and row.payload.slots else None, "chat")
        if row.state is State.PENDING or repeatable(row):
            claimed = self.ledger.claim(row, self.owner, intent)
            assert (claimed.state, claimed.attempt) == (State.SENDING, row.attempt + 1)
            self.begun[row.id] = claimed
            return
        with pytest.raises(LedgerError):
            self.ledger.claim(row, self.owner, intent)

    @rule(data=st.data())
    def a_second_writer_claims(self, data: st.DataObject) -> None:
        """It is turned away: another living process holds the chat."""
        pending = [row for row in self.rows() if row.state is State.PENDING]
        if not pending:
            return
        row = data.draw(st.sampled_from(pending))
        self.ledger.acquire(row.destination, self.owner)
        with pytest.raises(LedgerError, match="at work"):
            self.ledger.claim(row, Owner.this_process(), Intent(row.task))
        assert self.ledger.delivery(row.id) == row

    def taken(self, data: st.DataObject) -> Delivery:
        return self.begun.pop(data.draw(st.sampled_from(sorted(self.begun))))

    def confirmed(self, row: Delivery) -> None:
        if row.task is Task.SEND:
            self.count += 1
            self.out[row.id] = str(self.count)
        if row.task is Task.DELETE:
            self.out.pop(row.id, None)
        self.ledger.confirm(row, Receipt((str(self.count),) if row.task is Task.SEND else ()))

    @precondition(lambda self: self.begun)
    @rule(data=st.data())
    def confirms(self, data: st.DataObject) -> None:
        row = self.taken(data)
        now = self.ledger.delivery(row.id)
        assert now is not None
        if now.state in {State.SENDING, State.IN_DOUBT}:
            self.confirmed(now)

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), how=st.sampled_from(sorted(VERDICTS)))
    def hears_of_trouble(self, data: st.DataObject, how: str) -> None:
        row = self.taken(data)
        now = self.ledger.delivery(row.id)
        assert now is not None
        if now.task is Task.NONE:
            with pytest.raises(LedgerError, match="settled"):
                getattr(self.ledger, how)(row, TROUBLE)
            return
        row = replace(row, task=now.task)  # a plan may have wanted something else of it since
        after = getattr(self.ledger, how)(row, TROUBLE)
        assert after.state is VERDICTS[how]
        assert after.task is row.task
        assert after.error == TROUBLE.text

    @precondition(lambda self: any(row.task is not Task.SEND for row in self.begun.values()))
    @rule(data=st.data())
    def gives_up(self, data: st.DataObject) -> None:
        rows = sorted(name for name, row in self.begun.items() if row.task is not Task.SEND)
        row = self.begun.pop(data.draw(st.sampled_from(rows)))
        if row.id in self.out:
            assert self.ledger.give_up(row, "never").state is State.SENT

    @rule()
    def crashes(self) -> None:
        """What was only in memory is gone; the next process has the same name for others."""
        self.begun.clear()
        self.held = None

    @rule(there=st.booleans(), data=st.data())
    def settles(self, there: bool, data: st.DataObject) -> None:
        rows = [row for name in (CHANNEL.name, SERVER.name) for row in self.ledger.unsettled(name)]
        doubted = [row for row in rows if row.id not in self.begun]
        if not doubted:
            return
        row = data.draw(st.sampled_from(doubted))
        if there:
            self.confirmed(row)
        else:
            assert self.ledger.release(row, TROUBLE).state is State.PENDING

    # What is always so

    @invariant()
    def holds_what_it_promises(self) -> None:
        rows = self.rows()
        self.keys_are_unique_and_places_never_change(rows)
        states_are_legal(rows)
        assert {row.id: row.ids[0] for row in rows if row.out_there} == self.out, "what is out there is forgotten"

    def keys_are_unique_and_places_never_change(self, rows: Sequence[Delivery]) -> None:
        assert len({row.key for row in rows}) == len({row.nonce for row in rows}) == len(rows)
        places = {row.id: (row.destination, row.seq) for row in rows}
        assert len(set(places.values())) == len(rows)
        assert places.items() >= self.places.items()
        for name in {row.destination for row in rows}:
            new = [row.seq for row in rows if row.destination == name and row.id not in self.places]
            old = [seq for one, seq in self.places.values() if one == name]
            assert not new or min(new) > max(old, default=0), "something was put before what is there"
        self.places = places


def states_are_legal(rows: Sequence[Delivery]) -> None:
    for row in rows:
        assert row.task in LEGAL[row.state], f"{row.key} is {row.state} with {row.task!r} to do"
        assert row.attempt > 0 or row.state in {State.PENDING, State.DELETED}
        assert row.state is not State.SENT or row.ids


class Deaf(MortalLedger):
    """Records whatever it is given, however old."""

    def record(
        self, issue: IssueRow, sections: Sequence[SectionRow], changes: Sequence[Change], texts: Texts | None = None
    ) -> None:
        found = self.issue(issue.id)
        super().record(replace(issue, revision=found.revision if found else 0), sections, changes, texts)


class Trusting(MortalLedger):
    """Takes what is in doubt for what was never sent."""

    def doubt(self, row: Delivery, trouble: Trouble) -> Delivery:
        return self.release(row, trouble)


class Doubling(MortalLedger):
    """Takes what is under way for what was never begun, as a queue that starts again from the top."""

    def claim(self, row: Delivery, owner: Owner, intent: Intent | None = None) -> Delivery:
        if row.state is State.SENDING:
            self.release(row, TROUBLE)
        return super().claim(row, owner, intent or Intent())


def column(ledger: type[MortalLedger] = MortalLedger) -> type[Column]:
    made = Breed(ledger=ledger)

    class Made(Column):
        breed = made
        memory = Memory()

    return Made


def searched(runs: int, *, deep: bool) -> settings:
    phases = [Phase.generate] if not deep else [Phase.generate, Phase.shrink]
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(
        max_examples=runs, stateful_step_count=40 if deep else 25, deadline=None, phases=phases,
        suppress_health_check=checks, derandomize=not deep, database=None,
    )  # fmt: skip


def test_commands_in_any_order() -> None:
    run_state_machine_as_test(column(), settings=searched(20, deep=False))


@pytest.mark.soak
def test_a_thousand_orders_of_commands() -> None:
    run_state_machine_as_test(column(), settings=searched(1000, deep=True))


BUGS = [
    pytest.param(Trusting, id="trusting"),
    pytest.param(Doubling, id="doubling"),
    pytest.param(Deaf, id="deaf", marks=pytest.mark.soak),
]


@pytest.mark.parametrize("ledger", BUGS)
def test_a_bug_on_purpose_is_found(ledger: type[MortalLedger]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception, LedgerError)):
        run_state_machine_as_test(column(ledger), settings=searched(500, deep=False))

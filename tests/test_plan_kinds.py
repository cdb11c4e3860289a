"""Plans for destinations with threads and with things to do at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bots.ledger import Delivery, Past, Task
from bots.model import Destination, Issue, Kind, Message, State
from bots.plan import Action, Plan, Wanted, plan
from bots.planning.places import addresses, head_of, links_of, thread_of
from tests.fakeworld import NEWS, Plain, an_issue

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ISSUE = an_issue("Hello", a="alpha", b="beta")


def planned(issue: Issue, past: Past, destination: Destination = NEWS) -> Plan:
    return plan(issue, [Wanted(destination, Plain(), Plain().render(issue, destination, frozenset()))], past)


def row(number: int, message: Message, source: str = "x:y:z") -> Delivery:
    """A message that is out there."""
    return Delivery(
        number, "news", "one", message.section, message.part, number, State.SENT, Task.NONE, message, source,
        str(number), 1, NOON, links={} if message.slots else None, ids=(str(number),), url=f"https://chat/{number}",
        within="1" if message.inside else None, todo=message.after,
    )  # fmt: skip


def published(issue: Issue, *, done: bool = True) -> Past:
    """The ledger after the issue went out; `done`: crossposted too."""
    made = planned(issue, Past())
    rows = [row(number, change.message, change.source) for number, change in enumerate(made.changes(), 1)]
    urls = addresses(rows)
    linked = (replace(one, links=links_of(one.payload, urls) if one.payload.slots else None) for one in rows)
    over = tuple(replace(one, todo=() if done else one.todo) for one in linked)
    return Past(replace(made.issue, revision=1), made.sections, over)


def shown(made: Plan) -> list[str]:
    return [f"{step.action} {step.section}/{step.part}" for step in made.steps if step.action is not Action.KEEP]


def test_the_crosspost_stands_behind_the_links() -> None:
    assert shown(planned(ISSUE, Past()))[-2:] == ["link lead/2", "finish lead/1"]


def test_a_crosspost_that_was_put_off_is_all_that_is_left() -> None:
    made = planned(ISSUE, published(ISSUE, done=False))
    assert shown(made) == ["finish lead/1"]
    assert made.changes() == ()
    assert not made.idle


def test_a_crosspost_that_failed_says_why() -> None:
    past = published(ISSUE, done=False)
    failed = replace(past.deliveries[0], state=State.FAILED, task=Task.FINISH, error="No right.")
    made = planned(ISSUE, replace(past, deliveries=(failed, *past.deliveries[1:])))
    assert made.steps[-1].why == "crosspost once everything is linked; last time: No right."


def test_a_corrected_head_is_not_crossposted_again() -> None:
    assert shown(planned(an_issue("Hallo", a="alpha", b="beta"), published(ISSUE))) == ["edit lead/1"]


def test_a_corrected_head_that_was_never_crossposted_still_is() -> None:
    made = planned(an_issue("Hallo", a="alpha", b="beta"), published(ISSUE, done=False))
    assert shown(made) == ["edit lead/1", "finish lead/1"]


def test_no_edit_moves_a_message_into_a_thread() -> None:
    """A text channel was made an announcement channel: what is out there stays outside, corrections come anew."""
    text = replace(NEWS, kind=Kind.TEXT)
    made = plan(ISSUE, [Wanted(text, Plain(), Plain().render(ISSUE, text, frozenset()))], Past())
    rows = tuple(row(number, change.message, change.source) for number, change in enumerate(made.changes(), 1))
    past = Past(replace(made.issue, revision=1), made.sections, rows)
    assert "send b/2" in shown(planned(an_issue("Hello", a="alpha", b="better"), past))


def inside(number: int, within: str) -> Delivery:
    return replace(row(number, Message("a", number, "send", {}, "x", inside=True)), within=within)


HEAD = row(1, Message("lead", 1, "send", {}, "x"))


def test_the_thread_is_that_of_the_first_message_that_stays() -> None:
    later = row(5, Message("lead", 1, "send", {}, "x"))
    assert thread_of([HEAD, later]) == "1"
    assert thread_of([replace(HEAD, task=Task.DELETE), later]) == "5"
    assert thread_of([replace(HEAD, state=State.DELETED), later]) == "5"
    assert thread_of([replace(HEAD, ids=(), state=State.PENDING)]) is None
    assert thread_of([]) is None
    assert head_of([]) is None


def test_a_thread_outlives_its_first_message() -> None:
    gone = replace(HEAD, state=State.DELETED)
    assert thread_of([gone, inside(2, "1")]) == "1"
    assert thread_of([gone, inside(2, "1"), row(5, Message("lead", 1, "send", {}, "x"))]) == "1"

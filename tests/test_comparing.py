"""A destination's wanted messages against what is out there: why each step is taken, its number and its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bots.ledger import Past, Task
from bots.ledger.rows import LEFT_OVER, NOTED, PASSED_OVER
from bots.model import Issue, Message, State
from bots.plan import Action, Plan, Step, Wanted, plan
from tests.test_plan import CHANNEL, Plain, an_issue, changed, published

BEFORE = an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"))
PAST = published(BEFORE)
GROWN = an_issue(("A", "alpha\n\nmore\n\nstill more"), ("B", "beta one\n\nbeta two"))
CORRECTED = an_issue(("A", "alfa"), ("B", "beta one\n\nbeta two"))
WITHOUT_A = an_issue(("B", "beta one\n\nbeta two"))


def compared(issue: Issue, past: Past = PAST, *marks: str, after: Mapping[str, Sequence[str]] | None = None) -> Plan:
    """`marks`: errata of section A; `after`: what is to be done to the messages of a section in the end."""
    messages = Plain().render(issue, CHANNEL, frozenset())
    wanted = [replace(one, after=tuple((after or {}).get(one.section, ()))) for one in messages]
    errata = [erratum(mark, part) for part, mark in enumerate(marks, 1)]
    return plan(issue, [Wanted(CHANNEL, Plain(), wanted, errata)], past)


def erratum(text: str, part: int = 1) -> Message:
    return Plain().erratum(text, part, Message("a", 1, "send", {}, ""), CHANNEL)


def of(made: Plan, section: str) -> list[str]:
    return [f"{step.action} {step.part}" for step in made.steps if step.section == section]


def first(made: Plan, section: str) -> Step:
    return next(step for step in made.steps if step.section == section)


def with_row(past: Past, **known: Any) -> Past:
    """The past with one more row of section A behind all others."""
    last = past.deliveries[-1].seq + 1
    section_a = next(row for row in past.deliveries if row.section == "a")
    return replace(
        past, deliveries=(*past.deliveries, replace(section_a, id=last, seq=last, ids=(str(last),), **known))
    )


def marked(past: Past, text: str, **known: Any) -> Past:
    """The past with an erratum to section A."""
    return with_row(past, part=2, payload=erratum(text), **known)


# Why

DOUBTED = changed(PAST, "a", state=State.IN_DOUBT, task=Task.SEND, ids=())
REASONS = [
    # what the author did, the issue now, what was out there, section A's step of that kind and why
    ("nothing", BEFORE, PAST, Action.KEEP, "as it should be"),
    ("corrected a word", CORRECTED, PAST, Action.EDIT, "the section changed"),
    ("wrote more", GROWN, PAST, Action.SEND, "the section grew"),
    ("wrote it anew", BEFORE, changed(PAST, "a", state=State.DELETED), Action.SEND, "new"),
    ("wrote less", BEFORE, published(GROWN), Action.DELETE, "not needed any more"),
    ("took it out", WITHOUT_A, PAST, Action.DELETE, "left the file"),
    ("made a picture of words", an_issue(("A", "![](a.png)"), ("B", "beta")), PAST, Action.SEND,
     "replaces a message that can't become this"),
    ("made two messages one picture", an_issue(("A", "![](a.png)"), ("B", "beta")),
     published(an_issue(("A", "alpha\n\nmore"), ("B", "beta"))), Action.SEND, "replaces a message"),
    ("corrected what is being taken back", CORRECTED, with_row(PAST, part=2, task=Task.DELETE), Action.DELETE,
     "not done yet"),
    ("nothing, and nobody knows", BEFORE, DOUBTED, Action.BLOCKED, "in doubt: the answer is missing"),
    ("nothing, and the wire was cut", BEFORE, changed(DOUBTED, "a", error="The wire was cut."), Action.BLOCKED,
     "in doubt: The wire was cut."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("issue", "past", "action", "why"), [row[1:] for row in REASONS], ids=[row[0] for row in REASONS]
)
def test_a_step_says_why(issue: Issue, past: Past, action: Action, why: str) -> None:
    reasons = [step.why for step in compared(issue, past).steps if step.section == "a" and step.action is action]
    assert reasons
    assert all(reason.startswith(why) for reason in reasons)


# What counts as out there, and how parts are numbered

PARTS = [
    # what became of section A, the issue now, its steps with the ledger's numbers of the parts
    ("nothing", GROWN, PAST, ["keep 1", "send 2", "send 3"]),
    ("its message was taken back", BEFORE, changed(PAST, "a", state=State.DELETED), ["send 2"]),
    ("its message can't be taken back", BEFORE, changed(PAST, "a", error_code=LEFT_OVER), ["send 2"]),
    ("another can't be taken back", BEFORE, with_row(PAST, part=7, error_code=LEFT_OVER), ["keep 1"]),
    ("another was taken back", GROWN, with_row(PAST, part=7, state=State.DELETED), ["keep 1", "send 8", "send 9"]),
    ("another is being taken back", BEFORE, with_row(PAST, part=2, task=Task.DELETE), ["keep 1", "delete 2"]),
    ("its only message is being taken back", BEFORE, changed(PAST, "a", task=Task.DELETE), ["send 2", "delete 1"]),
]


@pytest.mark.parametrize(("issue", "past", "steps"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS])
def test_no_number_of_a_part_is_used_twice(issue: Issue, past: Past, steps: list[str]) -> None:
    assert of(compared(issue, past), "a") == steps


def message(text: str, part: int) -> Message:
    return Message("a", part, "send", {"text": text}, text)


def test_messages_are_compared_in_reading_order_whatever_the_order_they_were_sent_in() -> None:
    """A second one was put before the first, or will be once its edit has arrived."""
    two = an_issue(("A", "one\n\ntwo!"), ("B", "beta"))
    sent = published(an_issue(("A", "two"), ("B", "beta")))
    turned = with_row(changed(sent, "a", payload=message("two", 2)), part=2, payload=message("one", 1))
    assert of(compared(two, turned), "a") == ["keep 2", "edit 1"]
    left = changed(sent, "a", target=message("two", 2), target_source="other:words:", task=Task.EDIT)
    turned = with_row(left, part=2, payload=message("one", 1), target=None, task=Task.NONE)
    assert of(compared(two, turned), "a") == ["keep 2", "edit 1"]


def test_messages_of_one_place_are_compared_as_they_were_sent() -> None:
    earlier = with_row(published(an_issue(("A", "one"), ("B", "beta"))), part=2, payload=message("two", 1))
    turned = replace(earlier, deliveries=tuple(reversed(earlier.deliveries)))
    assert of(compared(an_issue(("A", "one!"), ("B", "beta")), turned), "a") == ["edit 1", "delete 2"]


# While nobody knows whether a message arrived

BEHIND = [
    # what the author did meanwhile, the issue now, what was out there, whether another plan has to follow
    ("nothing", BEFORE, DOUBTED, False),
    ("corrected it", CORRECTED, DOUBTED, True),
    ("took it out", WITHOUT_A, DOUBTED, True),
    ("corrected it before, the old one is being taken back", BEFORE,
     with_row(DOUBTED, part=2, task=Task.DELETE, state=State.PENDING, source="o:l:d"), False),
    ("corrected it, another part is there", BEFORE,
     with_row(DOUBTED, part=2, task=Task.NONE, state=State.SENT, source="o:l:d"), True),
    ("marked an erratum before", BEFORE,
     marked(DOUBTED, "20", task=Task.NONE, state=State.SENT, source="o:l:d"), False),
]  # fmt: skip


@pytest.mark.parametrize(("issue", "past", "behind"), [row[1:] for row in BEHIND], ids=[row[0] for row in BEHIND])
def test_a_section_in_doubt_waits_as_it_was_planned(issue: Issue, past: Past, behind: bool) -> None:
    blocked = next(step for step in compared(issue, past).steps if step.action is Action.BLOCKED)
    assert blocked.behind is behind
    assert blocked.row is not None
    assert (blocked.section, blocked.new, blocked.change) == ("a", blocked.row.payload, None)


def test_what_else_the_section_has_goes_on_meanwhile() -> None:
    past = with_row(DOUBTED, part=2, task=Task.DELETE, state=State.PENDING)
    past = with_row(past, part=3, task=Task.NONE, state=State.SENT)
    assert of(compared(CORRECTED, past), "a") == ["blocked 1", "keep 3", "delete 2"]


# Errata

ERRATA = [
    # the issue now, its marks, what was out there, section A's steps
    ("a mark", BEFORE, ["20"], PAST, ["keep 1", "send 2"]),
    ("two marks", BEFORE, ["20", "30"], PAST, ["keep 1", "send 2", "send 3"]),
    ("a mark in a section that grew", GROWN, ["20"], PAST, ["keep 1", "send 2", "send 3", "send 4"]),
    ("a mark in a section that was corrected", CORRECTED, ["20"], PAST, ["edit 1", "send 2"]),
    ("a mark of another section", BEFORE, [], PAST, ["keep 1"]),
    ("a mark that is told already", BEFORE, ["20"], marked(PAST, "20"), ["keep 1", "keep 2"]),
    ("the same, and a new text", CORRECTED, ["20"], marked(PAST, "20"), ["edit 1", "keep 2"]),
    ("a mark that was there at first", BEFORE, ["20"], marked(PAST, "20", error_code=NOTED, state=State.DELETED),
     ["keep 1"]),
    ("a mark that left", BEFORE, [], marked(PAST, "20"), ["keep 1", "delete 2"]),
    ("a mark, and nothing is out yet", BEFORE, ["20"],
     changed(PAST, "a", state=State.PENDING, task=Task.SEND, ids=()), ["send 1", "keep 2"]),
    ("a mark, and it may be out", BEFORE, ["20"],
     changed(PAST, "a", error_code=PASSED_OVER, ids=()), ["keep 1", "send 2"]),
    ("a mark that is told, its section is not there any more", BEFORE, ["20"],
     marked(changed(PAST, "a", state=State.DELETED), "20", state=State.SENT), ["send 3", "keep 2"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("issue", "marks", "past", "steps"), [row[1:] for row in ERRATA], ids=[row[0] for row in ERRATA]
)
def test_errata_stand_behind_their_section(issue: Issue, marks: list[str], past: Past, steps: list[str]) -> None:
    made = compared(issue, past, *marks)
    assert of(made, "a") == steps
    assert of(made, "b") == ["keep 1", "keep 2"]


# Links

LINKED = [
    # what happened, the issue now, what was out there, what is done about the contents
    ("nothing", BEFORE, PAST, ["keep"]),
    ("a new first message", an_issue(("A", "![](a.png)"), ("B", "beta one\n\nbeta two")), PAST, ["keep", "link"]),
    ("a second message", GROWN, PAST, ["keep"]),
    ("a link that was under way", BEFORE, changed(PAST, "lead", task=Task.LINK), ["keep", "link"]),
    ("never linked", BEFORE, changed(PAST, "lead", links=None), ["keep", "link"]),
    ("linked to somewhere else", BEFORE, changed(PAST, "a", url="https://chat/x"), ["keep", "link"]),
    ("a new section", an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("C", "new")), PAST, ["edit"]),
    ("sent when it was not sure", an_issue(("A", "alpha"), ("B", "beta"), lead="Hi"),
     changed(PAST, "lead", error_code=PASSED_OVER, ids=(), links={}), ["send", "link"]),
    ("in doubt", BEFORE, changed(PAST, "lead", state=State.IN_DOUBT, task=Task.SEND, ids=(), links={}), ["blocked"]),
    ("passed over", BEFORE, changed(PAST, "lead", error_code=PASSED_OVER, ids=(), links=None), ["keep"]),
]  # fmt: skip


@pytest.mark.parametrize(("issue", "past", "steps"), [row[1:] for row in LINKED], ids=[row[0] for row in LINKED])
def test_the_contents_are_linked_once_sections_are_where_they_are(issue: Issue, past: Past, steps: list[str]) -> None:
    made = compared(issue, past)
    assert [step.split()[0] for step in of(made, "lead")] == steps
    assert all(step.why.startswith("its links lead") for step in made.steps if step.action is Action.LINK)


def test_an_erratum_moves_no_link() -> None:
    assert Action.LINK not in {step.action for step in compared(BEFORE, PAST, "20").steps}


def test_a_link_is_written_down_when_it_is_made() -> None:
    link = next(step for step in compared(BEFORE, changed(PAST, "lead", task=Task.LINK)).steps if "link" in step.action)
    assert link.change is None
    assert link.row == changed(PAST, "lead", task=Task.LINK).deliveries[0]


# What is done in the end

PIN = {"a": ["pin"]}
OWED = [
    # what section A's message still needs, the issue now, what the author wants, what is done in the end and why
    ("nothing", (), BEFORE, PIN, None),
    ("a pin", ("pin",), BEFORE, PIN, "pin once everything is linked"),
    ("a pin and more", ("crosspost", "pin"), BEFORE, {"a": ["crosspost", "pin"]}, "crosspost and pin once"),
    ("a pin nobody wants any more", ("pin",), BEFORE, {}, None),
    ("a pin, and a corrected word", ("pin",), CORRECTED, PIN, "pin once"),
    ("a pin, and the section left", ("pin",), WITHOUT_A, PIN, None),
    ("a pin nobody wants any more, and a corrected word", ("pin",), CORRECTED, {}, None),
    ("nothing, a word was corrected and a pin is wanted now", (), CORRECTED, PIN, "pin once"),
]


@pytest.mark.parametrize(("left", "issue", "after", "why"), [row[1:] for row in OWED], ids=[row[0] for row in OWED])
def test_what_is_left_to_do_is_done_last(
    left: tuple[str, ...], issue: Issue, after: Mapping[str, Sequence[str]], why: str | None
) -> None:
    made = compared(issue, changed(PAST, "a", todo=left), after=after)
    last = [step for step in made.steps if step.action is Action.FINISH]
    assert [step.why.startswith(why or "") for step in last] == [True] * (why is not None)
    assert all(step.why.endswith("once everything is linked") and step.change is None for step in last)
    assert list(made.steps[len(made.steps) - len(last) :]) == last


def test_a_new_message_is_pinned_and_one_in_doubt_is_not() -> None:
    assert of(compared(BEFORE, Past(), after=PIN), "a") == ["send 1", "finish 1"]
    assert of(compared(BEFORE, DOUBTED, after=PIN), "a") == ["blocked 1"]


def test_a_pin_that_was_done_is_not_done_again_with_a_correction() -> None:
    (row,) = (one for one in PAST.deliveries if one.section == "a")
    pinned = changed(PAST, "a", payload=replace(row.payload, after=("pin",)))
    assert of(compared(CORRECTED, pinned, after=PIN), "a") == ["edit 1"]


def test_what_failed_otherwise_is_no_failed_pin() -> None:
    left = changed(PAST, "a", todo=("pin",), error="No right.", task=Task.NONE)
    assert "last time" not in compared(BEFORE, left, after=PIN).steps[-1].why


# The order of all


def test_sections_go_first_then_contents_then_what_is_taken_back_then_pins() -> None:
    issue = an_issue(("N", "new"), ("A", "alfa"), lead="Hi")
    made = compared(issue, changed(PAST, "a", todo=("pin",)), after={"a": ["pin"], "n": ["pin"]})
    assert [f"{step.action} {step.section}" for step in made.steps] == [
        "send n", "edit a", "edit lead", "delete b", "delete b", "finish n", "finish a",
    ]  # fmt: skip


def test_a_section_is_called_as_it_is_called_now_and_else_as_it_was() -> None:
    renamed = an_issue(("a=Rockets", "alpha"), ("B", "beta one\n\nbeta two"))
    assert first(compared(renamed), "a").title == "Rockets"
    assert first(compared(WITHOUT_A), "a").title == "A"
    stray = with_row(PAST, section="stray")
    assert first(compared(BEFORE, stray), "stray").title == "stray"


@pytest.mark.parametrize("sent", [True, False])
def test_a_message_that_is_not_out_becomes_anything(sent: bool) -> None:
    picture = an_issue(("A", "![](a.png)"), ("B", "beta one\n\nbeta two"))
    waits = PAST if sent else changed(PAST, "a", state=State.PENDING, task=Task.SEND, ids=())
    assert of(compared(picture, waits), "a")[0] == ("send 2" if sent else "send 1")

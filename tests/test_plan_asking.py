"""When a plan needs its author: a question, a yes, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bots.errors import PlanRefused
from bots.ledger import Task
from bots.model import Upload
from bots.plan import Limits, Plan, approve, completes, digest_of
from bots.planning.steps import Action, Step
from tests.planrows import ISSUE, UNSENT, change, message, row, step


def a_plan(*steps: Step, **known: Any) -> Plan:
    return Plan(known.pop("issue", ISSUE), (), steps, **known)


def there(count: int, section: str = "a", first: int = 1) -> list[Step]:
    """So many messages that stay."""
    return [step(Action.KEEP, row(number, message(section))) for number in range(first, first + count)]


def going(count: int, section: str = "b", first: int = 101, *, gone: bool = True) -> list[Step]:
    """So many messages that are out there and would be taken back."""
    rows = [row(number, message(section)) for number in range(first, first + count)]
    return [step(Action.DELETE, one, gone=gone) for one in rows]


def refusal(made: Plan, limits: Limits | None = None) -> str:
    """What the author reads, "" for a plan that is carried out."""
    try:
        approve(made, limits)
    except PlanRefused as refused:
        return str(refused)
    return ""


# Messages that go stand before those that stay, so that the end of the issue is not what goes.
GOING = [
    # how many stay, how many go, whether the author is asked
    (5, 0, False),
    (0, 1, True),
    (1, 1, True),
    (2, 1, False),
    (3, 1, False),
    (1, 2, True),
    (7, 2, True),
    (8, 2, False),
    (7, 3, True),
    (40, 10, False),
    (39, 11, True),
]


@pytest.mark.parametrize(("stays", "goes", "asked"), GOING)
def test_one_message_in_a_few_or_a_fifth_of_many_may_go(stays: int, goes: int, asked: bool) -> None:
    said = refusal(a_plan(*going(goes, first=1), *there(stays, first=101)))
    assert said == (
        f"One: In channel it would take {goes} of {goes + stays} messages back."
        " Nothing was done. If this is what you want, run it again with --yes."
        if asked
        else ""
    )


def test_how_much_may_go_is_the_column_s_choice() -> None:
    made = a_plan(*going(5, first=1), *there(5, first=101))
    assert refusal(made, Limits(share=0.5)) == ""
    assert "5 of 10" in refusal(made, Limits(share=0.49))


def test_what_readers_never_saw_may_go_and_does_not_count() -> None:
    unsent = [step(Action.DELETE, row(number, message("b"), **UNSENT)) for number in range(1, 9)]
    assert refusal(a_plan(*unsent, *there(2, first=101))) == ""
    assert "2 of 4 messages" in refusal(a_plan(*unsent, *going(2, first=50), *there(2, first=101)))


def test_each_chat_is_looked_at_alone() -> None:
    elsewhere = [replace(one, destination="server") for one in going(2, first=1)]
    made = a_plan(*there(20), *elsewhere)
    assert "In server it would take 2 of 2" in refusal(made)


def replies(action: Action, *numbers: int) -> list[Step]:
    """Errata to a."""
    return [step(action, row(number, message("a", answers=True))) for number in numbers]


ENDS = [
    # what becomes of the messages of a, then of b, whether the file may be cut off
    ("the last section is gone", [*there(9), *going(1)], True),
    ("a section in the middle is gone", [*going(1, first=1), *there(9, first=101)], False),
    ("one of the last section's messages is gone", [*there(9), *there(1, "b", 50), *going(1)], False),
    ("others take the place of its messages", [*there(9), *going(1, gone=False)], False),
    (
        "it is gone, and a reply to an earlier one came after it",
        [*there(9), *going(1), *replies(Action.KEEP, 201)],
        True,
    ),
    ("nothing but a reply is gone", [*there(9), *replies(Action.DELETE, 201)], False),
    ("of replies alone one is gone", [*replies(Action.KEEP, 1, 2, 3), *replies(Action.DELETE, 4)], False),
]


@pytest.mark.parametrize(("steps", "asked"), [one[1:] for one in ENDS], ids=[one[0] for one in ENDS])
def test_a_file_that_may_be_cut_off_takes_nothing_back_unasked(steps: list[Step], asked: bool) -> None:
    said = refusal(a_plan(*steps))
    assert ("In channel the end of the issue is gone: is the file cut off?" in said) == bool(said) == asked


SENT = step(Action.SEND, None, message())


def test_two_hundred_messages_are_sent_in_one_run_and_not_one_more() -> None:
    assert refusal(a_plan(*[SENT] * 200)) == ""
    assert "It would send 201 messages, more than the 200 allowed in one run." in refusal(a_plan(*[SENT] * 201))
    assert refusal(a_plan(*there(3)), Limits(sends=0)) == ""


def test_all_reasons_are_told_at_once_and_one_yes_is_enough() -> None:
    made = a_plan(*going(2), SENT, SENT, reasons=("It was adopted.", "So was that."))
    said = refusal(made, Limits(sends=1))
    assert said.startswith("One: It was adopted. So was that. In channel it would take 2 of 2 messages back. It would")
    approve(made, Limits(sends=1), yes=True)


def test_a_question_goes_before_all_reasons_and_no_yes_answers_it() -> None:
    made = a_plan(*going(2), questions=("Is it this?", "Or that?"), issue=replace(ISSUE, title=""))
    with pytest.raises(PlanRefused, match=r"^one: Is it this\? Or that\?$"):
        approve(made, yes=True)


PENDING = row(7, **UNSENT)
OUT = row(1, message("lead"))
BETTER, OTHER = message(text="better"), message(text="other")
TO_DELETE = row(2, task=Task.DELETE)
TO_EDIT = row(2, task=Task.EDIT, target=BETTER, target_source="words:pictures:own")
AGAIN = change(Task.SEND, PENDING)
REDRAWN = replace(change(Task.EDIT), source="words:pictures:another")
KEPT = step(Action.KEEP, OUT)
COMPLETING = [
    # the steps, whether they only complete what was planned
    ("nothing to do", [KEPT], True),
    ("an issue goes out for the first time", [SENT, SENT, step(Action.LINK, None, message())], True),
    ("nothing of it is there yet, the rest joins", [step(Action.SEND, PENDING, message()), SENT], True),
    ("a planned message goes out as planned", [KEPT, step(Action.SEND, PENDING, message())], True),
    ("links and a pin", [KEPT, step(Action.LINK, OUT, message()), step(Action.FINISH, OUT)], True),
    ("the same, recorded anew", [KEPT, step(Action.SEND, PENDING, message(), change=AGAIN)], True),
    ("a planned edit", [KEPT, step(Action.EDIT, TO_EDIT, BETTER, change=change(Task.EDIT))], True),
    ("a planned deletion", [KEPT, step(Action.DELETE, TO_DELETE)], True),
    ("a chat waits for an answer", [KEPT, step(Action.BLOCKED, PENDING)], True),
    ("a new chat gets it", [KEPT, replace(SENT, destination="new")], True),
    ("a new chat gets it and the other a new section", [KEPT, replace(SENT, destination="new"), SENT], False),
    ("a new section", [KEPT, SENT], False),
    ("a message is edited", [step(Action.EDIT, OUT, message(), change=change(Task.EDIT, OUT))], False),
    ("a planned edit with another picture", [step(Action.EDIT, TO_EDIT, BETTER, change=REDRAWN)], False),
    ("a planned edit with other words", [step(Action.EDIT, TO_EDIT, OTHER, change=change(Task.EDIT))], False),
    ("what was to be sent with other words", [KEPT, step(Action.SEND, PENDING, OTHER, change=AGAIN)], False),
    ("what was to be edited goes back", [step(Action.EDIT, TO_EDIT, TO_EDIT.payload)], False),
    ("what was to be edited goes", [step(Action.DELETE, TO_EDIT, change=change(Task.DELETE))], False),
    (
        "one completes, one corrects",
        [step(Action.EDIT, TO_EDIT), step(Action.EDIT, OUT, change=change(Task.EDIT))],
        False,
    ),
]


@pytest.mark.parametrize(("steps", "wanted"), [one[1:] for one in COMPLETING], ids=[one[0] for one in COMPLETING])
def test_what_completes_an_issue_is_no_correction(steps: list[Step], wanted: bool) -> None:
    assert completes(a_plan(*steps)) is wanted


EDIT = step(Action.EDIT, OUT, message(text="old"))
OTHERS = [
    # what the author said yes to, another plan
    ("other words", replace(EDIT, new=message(text="new"))),
    ("in another chat", replace(EDIT, destination="server")),
    ("of another section", replace(EDIT, section="b")),
    ("another part", replace(EDIT, part=2)),
    ("a deletion", replace(EDIT, action=Action.DELETE, new=None)),
]


@pytest.mark.parametrize("other", [one[1] for one in OTHERS], ids=[one[0] for one in OTHERS])
def test_a_yes_is_for_what_was_shown(other: Step) -> None:
    assert digest_of(a_plan(EDIT)) != digest_of(a_plan(other)) != digest_of(a_plan())


def test_a_yes_stays_one_while_the_same_would_be_done() -> None:
    found = digest_of(a_plan(EDIT))
    assert found == digest_of(a_plan(KEPT, replace(EDIT, why="for another reason", title="Another title")))
    assert len(found) == 32


def test_a_yes_to_a_picture_is_none_to_another_one_under_its_name() -> None:
    photo = step(Action.EDIT, OUT, message(files=(Upload("x.png", "x.png"),)), change=change(Task.EDIT, OUT))
    assert photo.change is not None
    sources = ["words:pictures:own", "words:pictures:another", "other words:others:own"]
    one, another, the_same = [replace(photo, change=replace(photo.change, source=source)) for source in sources]
    assert digest_of(a_plan(one)) == digest_of(a_plan(the_same)) != digest_of(a_plan(another))

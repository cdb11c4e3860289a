"""A plan as its author reads it in a message: how much is said, and of what nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.model import Message
from bots.plan import Plan
from bots.planning.steps import Action, Step
from bots.planning.summary import LONGEST, summary
from tests.test_standing import ISSUE, step

SEND, EDIT, KEEP, DELETE, BLOCKED = Action.SEND, Action.EDIT, Action.KEEP, Action.DELETE, Action.BLOCKED
REPLY = replace(step(SEND), new=Message("a", 1, "send", {}, "yyy", answers=True))
IN_B = {"section": "b", "title": "Tools"}


def read(*steps: Step, refusal: str = "") -> str:
    return summary(Plan(ISSUE, (), steps), refusal)


COUNTED = [
    # the steps, what the author reads before the sections
    ("two of each", [step(SEND), step(SEND), step(EDIT), step(EDIT), step(DELETE), step(DELETE)],
     "2 new messages, 2 edits, 2 messages taken back in channel"),
    ("one in doubt", [step(BLOCKED)], "1 message in doubt in channel"),
    ("two in doubt, all else stays", [step(KEEP), step(BLOCKED), step(BLOCKED)], "2 messages in doubt in channel"),
    ("a pin", [step(KEEP), step(Action.FINISH)], "only links or a pin in channel"),
    ("links here, an edit there", [step(Action.LINK), step(EDIT, "x", "x", destination="server")],
     "only links or a pin in channel; 1 edit in server"),
    ("nothing here, an edit there", [step(KEEP), step(EDIT, "x", "x", destination="server")], "1 edit in server"),
    ("a chat whose name would turn the line", [step(BLOCKED, destination="a\u202e\nb")], "1 message in doubt in a b"),
    ("no step at all", [], "Nothing changes."),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "begins"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_what_happens_in_each_chat(steps: list[Step], begins: str) -> None:
    assert read(*steps).split("; “")[0] == begins


SIZES = [
    # the steps, the sections the author reads of
    ("nothing but links", [step(Action.LINK, "x", "yy"), step(Action.FINISH, "x", "yy")], ""),
    ("the chat that changes most", [step(EDIT, "a", "b"), step(EDIT, "aa", "bbb", destination="server")],
     "“Models”: -2 +3 characters"),
    ("the first chat changes most", [step(EDIT, "aa", "bbb"), step(EDIT, "a", "b", destination="server")],
     "“Models”: -2 +3 characters"),
    ("words go in one chat, more come in the other", [step(EDIT, "aa", "b"), step(EDIT, "a", "bbbbb", destination="s")],
     "“Models”: -1 +5 characters"),
    ("two messages of a section", [step(EDIT, "a", "bb"), step(EDIT, "ccc", "dddd")], "“Models”: -4 +6 characters"),
    ("two sections", [step(EDIT, "a", "bb"), step(EDIT, "ccc", "dddd", **IN_B)],
     "“Models”: -1 +2 characters; “Tools”: -3 +4 characters"),
    ("a picture in one of two", [step(EDIT, "a", "bb"), step(EDIT, "c", "c", **IN_B)],
     "“Models”: -1 +2 characters; “Tools”: only its look or its pictures"),
    ("one that stays", [step(EDIT, "a", "bb"), step(KEEP, "c", "d", **IN_B)], "“Models”: -1 +2 characters"),
    ("words that only go", [step(EDIT, "a b", "a")], "“Models”: -2 +0 characters"),
    ("words that only come", [step(EDIT, "a", "a b")], "“Models”: -0 +2 characters"),
    ("a long title", [step(EDIT, "a", "b", title="字" * 61)], f"“{'字' * 59}…”: -1 +1 characters"),
    ("a title that just fits", [step(EDIT, "a", "b", title="字" * 60)], f"“{'字' * 60}”: -1 +1 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "ends"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_the_sections_that_change_and_how_much(steps: list[Step], ends: str) -> None:
    assert "".join(read(*steps).partition("“")[1:]) == ends


@pytest.mark.parametrize(
    ("number", "named", "rest"), [(5, 5, ""), (6, 5, "and 1 more section"), (7, 5, "and 2 more sections")]
)
def test_five_sections_are_named_and_the_rest_counted(number: int, named: int, rest: str) -> None:
    found = read(*(step(EDIT, "a", "b", section=str(place), title=str(place)) for place in range(number))).split("; ")
    assert len([part for part in found if part.startswith("“")]) == named
    assert found[named + 1 :] == ([rest] if rest else [])


ANSWERS = [
    ([REPLY], "\n1 erratum is sent as a reply."),
    ([REPLY, replace(REPLY, destination="server")], "\n2 errata are sent as a reply."),
    ([replace(REPLY, action=EDIT)], ""),
    ([step(SEND, "", "x")], ""),
    ([replace(REPLY, new=None)], ""),
]


@pytest.mark.parametrize(("steps", "said"), ANSWERS)
def test_errata_are_called_replies(steps: list[Step], said: str) -> None:
    assert "".join(read(*steps).partition("\n")[1:]) == said


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
def test_only_what_is_too_long_is_cut(more: int, cut: bool) -> None:
    room = LONGEST - len(read(step(EDIT, "a", "b"), refusal="x")) + 1
    found = read(step(EDIT, "a", "b"), refusal="x" * (room + more))
    assert len(found) == LONGEST
    assert found.endswith("x…" if cut else "xx")


def test_why_it_needs_a_yes_stands_on_one_line_of_its_own() -> None:
    assert read(step(BLOCKED), refusal="Two\n\x07lines.") == "1 message in doubt in channel\nIt needs a yes: Two lines."

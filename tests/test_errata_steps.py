"""A section's errata, mark by mark: what is sent, edited, taken back or only noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bots.ledger import Delivery, Task
from bots.ledger.rows import NOTED, VOUCHED
from bots.model import Message, State
from bots.plan import Wanted
from bots.planning.errata import corrections, noted
from bots.planning.sources import Sources
from bots.planning.steps import Here, Step
from tests.fakeworld import CHANNEL, Plain, an_issue
from tests.planrows import UNSENT, message, row

VOUCHED_FOR: dict[str, Any] = {"ids": (), "error_code": VOUCHED, "error": "seen"}
SOURCE = "words:pictures"
SOURCES = Sources(an_issue("Hello", a="x"), {"lead": "lead", "a": "a"}, {})


def mark(text: str) -> Message:
    return message(text=text, answers=True)


def told(number: int, text: str, **known: Any) -> Delivery:
    """An erratum that is out there, as part `number` of its section."""
    return row(number, replace(mark(text), part=number), source=SOURCES.own(SOURCE, mark(text)), **known)


def here(rows: Sequence[Delivery], marks: Sequence[str], known: Sequence[str] = ()) -> Here:
    """Section a with its message as part 1, `rows`, and the marks its file has now; the next part is 9."""
    wanted = Wanted(CHANNEL, Plain(), [message()], [mark(text) for text in marks])
    every = (row(1), *rows)
    return Here(wanted, "a", "A", SOURCE, SOURCES, (message(),), every, 9, tuple(wanted.errata), tuple(known))


def said(one: Step) -> str:
    """A step as `action part: words`; `note` for what is only recorded."""
    note = one.change is not None and one.change.task is Task.NONE and one.row is None
    words = one.new.text if one.new else one.old.text if one.old else ""
    return f"{'note' if note else one.action} {one.part}: {words}"


STEPS = [
    # what is out there, the marks in the file, what is done
    ("no marks", [], [], []),
    ("a first mark", [], ["x"], ["send 9: x"]),
    ("two at once, in the file's order", [], ["x", "y"], ["send 9: x", "send 10: y"]),
    ("a mark that is told", [told(2, "x")], ["x"], ["keep 2: x"]),
    ("another one before it", [told(2, "x")], ["y", "x"], ["keep 2: x", "send 9: y"]),
    ("two that changed places", [told(2, "x"), told(3, "y")], ["y", "x"], ["keep 2: x", "keep 3: y"]),
    ("other words", [told(2, "x")], ["y"], ["edit 2: y"]),
    ("other words for one of two", [told(2, "x"), told(3, "y")], ["y", "z"], ["keep 3: y", "edit 2: z"]),
    ("other words and one more", [told(2, "x")], ["y", "z"], ["edit 2: y", "send 9: z"]),
    ("other words for two", [told(2, "x"), told(3, "y")], ["v", "w"], ["edit 2: v", "edit 3: w"]),
    ("one of two taken out", [told(2, "x"), told(3, "y")], ["y"], ["keep 3: y", "delete 2: x"]),
    ("both taken out", [told(2, "x"), told(3, "y")], [], ["delete 2: x", "delete 3: y"]),
    ("two become one with other words", [told(2, "x"), told(3, "y")], ["z"], ["edit 2: z", "delete 3: y"]),
    ("told twice", [told(2, "x"), told(3, "x")], ["x"], ["keep 2: x", "delete 3: x"]),
    ("twice, and a new one", [told(2, "x"), told(3, "x")], ["x", "y"], ["keep 2: x", "send 9: y", "delete 3: x"]),
    ("never sent", [told(2, "x", **UNSENT)], ["x"], ["send 2: x"]),
    ("never sent, other words", [told(2, "x", **UNSENT)], ["y"], ["send 2: y"]),
    ("never sent, taken out", [told(2, "x", **UNSENT)], [], ["delete 2: "]),
    ("going, and taken out", [told(2, "x", task=Task.DELETE)], [], ["delete 2: x"]),
    ("going, and put in again", [told(2, "x", task=Task.DELETE)], ["x"], ["send 9: x", "delete 2: x"]),
    ("an edit that is planned", [told(2, "x", task=Task.EDIT, target=mark("y"))], ["y"], ["edit 2: y"]),
    ("an edit that was planned, other words", [told(2, "x", task=Task.EDIT, target=mark("y"))], ["z"], ["edit 2: z"]),
    ("an edit that was planned, taken back", [told(2, "x", task=Task.EDIT, target=mark("y"))], ["x"], ["keep 2: x"]),
]


@pytest.mark.parametrize(("rows", "marks", "wanted"), [one[1:] for one in STEPS], ids=[one[0] for one in STEPS])
def test_each_mark_is_one_reply(rows: list[Delivery], marks: list[str], wanted: list[str]) -> None:
    assert [said(one) for one in corrections(here(rows, marks), first=False)] == wanted


NOTES = [
    # what is out there, the marks in the file, those known, whether the section goes out now, what is done
    ("with its section", [], ["x"], [], True, ["note 9: x"]),
    ("two with their section", [], ["x", "y"], [], True, ["note 9: x", "note 10: y"]),
    ("known since then", [], ["x"], ["x"], False, []),
    ("one beside a known one", [], ["x", "y"], ["x"], False, ["send 9: y"]),
    ("known, and the section goes out anew", [], ["x", "y"], ["x"], True, ["note 9: y"]),
    ("told, and the section goes out anew", [told(2, "x")], ["x", "y"], [], True, ["keep 2: x", "note 9: y"]),
]


@pytest.mark.parametrize(
    ("rows", "marks", "known", "first", "wanted"), [one[1:] for one in NOTES], ids=[one[0] for one in NOTES]
)
def test_who_reads_a_section_corrected_is_told_nothing(
    rows: list[Delivery], marks: list[str], known: list[str], first: bool, wanted: list[str]
) -> None:
    assert [said(one) for one in corrections(here(rows, marks, known), first=first)] == wanted


WHY = [
    # what is out there, the marks in the file, the reason the author reads
    ("new", [], ["x"], "an erratum, as a reply to the section"),
    ("other words", [told(2, "x")], ["y"], "the erratum has other words"),
    ("other words before it was sent", [told(2, "x", **UNSENT)], ["y"], "not sent yet"),
    ("as it was", [told(2, "x")], ["x"], "as it should be"),
    ("other words, taken back", [told(2, "x", task=Task.EDIT, target=mark("y"))], ["x"], "as it should be"),
    ("other words for what the author saw there", [told(2, "x", **VOUCHED_FOR)], ["y"], "passed over: seen"),
    ("taken out", [told(2, "x")], [], "its mark left the file"),
    ("going already", [told(2, "x", task=Task.DELETE)], [], "not done yet"),
    ("refused once", [told(2, "x", **UNSENT | {"state": State.FAILED, "error": "no"})], ["x"], "failed: no"),
]


@pytest.mark.parametrize(("rows", "marks", "why"), [one[1:] for one in WHY], ids=[one[0] for one in WHY])
def test_the_author_reads_why(rows: list[Delivery], marks: list[str], why: str) -> None:
    (one,) = corrections(here(rows, marks), first=False)
    assert one.why == why


def test_what_is_only_noted_says_so_and_is_remembered() -> None:
    (one,) = corrections(here([], ["x"]), first=True)
    assert "nobody has to be told" in one.why
    assert one.change is not None
    assert (one.change.part, one.change.task, one.change.message) == (9, Task.NONE, mark("x"))
    assert one.change.source.startswith(f"{SOURCE}:")
    known = row(9, mark("x"), error_code=NOTED, state=State.DELETED)
    assert noted([row(1), known, told(3, "y")]) == ("x",)


def test_what_is_sent_or_edited_is_recorded_with_its_words() -> None:
    new, other = corrections(here([told(2, "x")], ["y", "z"]), first=False)
    assert new.change is not None
    assert (new.change.task, new.change.part, new.change.message) == (Task.EDIT, 2, mark("y"))
    assert new.change.row == told(2, "x")
    assert other.change is not None
    assert (other.change.task, other.change.part, other.change.row) == (Task.SEND, 9, None)

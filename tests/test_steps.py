"""One message of a section: the step that brings it to what is wanted, and what the ledger records of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bots.ledger import Change, Delivery, Task
from bots.ledger.rows import PASSED_OVER, VOUCHED
from bots.model import Message, State, Upload
from bots.planning.sources import Sources
from bots.planning.steps import Action, Here, Step, Wanted, aimed_source, paired, resumed
from bots.planning.worddiff import Mode
from tests.fakeworld import NEWS, Plain, an_issue
from tests.test_plan_kinds import row

SEND, EDIT, KEEP, DELETE, BLOCKED = Action.SEND, Action.EDIT, Action.KEEP, Action.DELETE, Action.BLOCKED
ISSUE = an_issue("Hello", a="alpha")
ALPHA = Message("a", 1, "send", {"text": "alpha"}, "alpha")
ALFA = Message("a", 1, "send", {"text": "alfa"}, "alfa")
PHOTO = Message("a", 1, "photo", {"photo": "x"}, "x", (Upload("x", "x"),))


def here(*messages: Message, digests: dict[str, str] | None = None, **known: Any) -> Here:
    """Section a, in which the messages are wanted."""
    sources = Sources(ISSUE, {one.id: one.id for one in ISSUE.sections}, digests or {})
    made = Here(Wanted(NEWS, Plain(), messages), "a", "Alpha", sources.of("a", messages), sources, messages, (), 4)
    return replace(made, **known)


HERE = here(ALPHA)
OWN = HERE.sources.own(HERE.source, ALPHA)
SENT = replace(row(2, ALPHA, OWN), part=3)
WAITS = replace(SENT, state=State.PENDING, task=Task.SEND, ids=())
MISSED = replace(SENT, ids=(), error_code=PASSED_OVER, error="Unknown.")
SEEN = replace(MISSED, error_code=VOUCHED)
AIMED: dict[str, Any] = {"target": ALFA, "target_source": "new:er:source"}


# What a step costs and shows

ALBUM = replace(PHOTO, files=(Upload("x", "x"), Upload("y", "y")))
WEIGHTS = [
    # what is done with which message, the calls it counts as
    (SEND, ALPHA, 1),
    (SEND, PHOTO, 1),
    (SEND, ALBUM, 2),
    (SEND, None, 1),
    (EDIT, ALBUM, 1),
    (DELETE, None, 1),
    (Action.LINK, ALPHA, 1),
    (Action.FINISH, ALPHA, 1),
    (KEEP, ALBUM, 0),
    (BLOCKED, ALBUM, 0),
]


@pytest.mark.parametrize(("action", "new", "calls"), WEIGHTS)
def test_what_a_step_costs(action: Action, new: Message | None, calls: int) -> None:
    assert Step(action, "news", "a", "Alpha", 1, "", None, new).weight == calls


DIFFS = [
    # what is done, before, after, the words that go and that come
    (SEND, None, ALFA, "", "alfa"),
    (EDIT, ALPHA, ALFA, "alpha", "alfa"),
    (DELETE, ALPHA, None, "alpha", ""),
    (KEEP, ALPHA, ALFA, "", ""),
    (BLOCKED, ALPHA, ALFA, "", ""),
    (Action.LINK, ALPHA, ALFA, "", ""),
    (Action.FINISH, ALPHA, ALFA, "", ""),
]


@pytest.mark.parametrize(("action", "old", "new", "gone", "come"), DIFFS)
def test_only_what_readers_will_see_otherwise_is_shown(
    action: Action, old: Message | None, new: Message | None, gone: str, come: str
) -> None:
    found = Step(action, "news", "a", "Alpha", 1, "", old, new).diff
    assert "".join(piece.text for piece in found if piece.mode is Mode.REMOVED) == gone
    assert "".join(piece.text for piece in found if piece.mode is Mode.ADDED) == come


@pytest.mark.parametrize(("only", "taken"), [(None, True), (frozenset({"a", "b"}), True), (frozenset({"b"}), False)])
def test_a_destination_takes_the_sections_it_names(only: frozenset[str] | None, taken: bool) -> None:
    assert Wanted(NEWS, Plain(), (), only=only).takes(ALPHA) is taken


# What the ledger records


def recorded(*, task: Task, message: Message, of: Delivery | None, part: int = 3, **more: Any) -> Change:
    return replace(Change("news", "a", part, task, message, OWN, of), **more)


CHANGES = [
    # what is done to which row with which message, what the ledger records
    ("a new one", SEND, None, ALPHA, recorded(task=Task.SEND, message=ALPHA, of=None, part=4)),
    ("one that waits", SEND, WAITS, ALFA, recorded(task=Task.SEND, message=ALFA, of=WAITS)),
    ("an edit", EDIT, SENT, ALFA, recorded(task=Task.EDIT, message=ALFA, of=SENT)),
    ("one taken back", DELETE, replace(SENT, source="o:l:d"), None,
     recorded(task=Task.DELETE, message=ALPHA, of=replace(SENT, source="o:l:d"), source="o:l:d")),
    ("one that stays", KEEP, SENT, ALPHA, None),
    ("one that stays, made from another source", KEEP, replace(SENT, source="o:l:d"), ALPHA,
     recorded(task=Task.NONE, message=ALPHA, of=replace(SENT, source="o:l:d"), todo=())),
    ("one that stays after all", KEEP, replace(SENT, task=Task.EDIT), ALPHA,
     recorded(task=Task.NONE, message=ALPHA, of=replace(SENT, task=Task.EDIT), todo=())),
    ("one that stays and is not to be pinned any more", KEEP, replace(SENT, todo=("pin",)), ALPHA,
     recorded(task=Task.NONE, message=ALPHA, of=replace(SENT, todo=("pin",)), todo=())),
    ("one that stays, as a newer renderer says it otherwise", KEEP, replace(SENT, source="o:l:d"), ALFA,
     recorded(task=Task.NONE, message=ALPHA, of=replace(SENT, source="o:l:d"), todo=())),
    ("one in doubt", BLOCKED, SENT, ALPHA, None),
    ("nothing to send", SEND, None, None, None),
    ("nothing to take back", DELETE, None, None, None),
    ("nothing that stays", KEEP, None, ALPHA, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "of", "new", "change"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES]
)
def test_what_is_recorded_of_a_step(
    action: Action, of: Delivery | None, new: Message | None, change: Change | None
) -> None:
    made = HERE.step(action, "so", of, new)
    assert made.change == change
    assert (made.action, made.destination, made.section, made.title, made.why) == (action, "news", "a", "Alpha", "so")
    assert (made.row, made.new, made.part) == (of, new, of.part if of else 4)


def test_a_step_shows_what_readers_see_now() -> None:
    assert HERE.step(EDIT, "", SENT, ALFA).old == ALPHA
    assert HERE.step(SEND, "", WAITS, ALFA).old is None
    assert HERE.step(SEND, "", None, ALFA).old is None


def test_only_a_whole_section_that_left_the_file_is_gone() -> None:
    assert here().step(DELETE, "", SENT, None).gone
    assert not here().step(EDIT, "", SENT, ALFA).gone
    assert not HERE.step(DELETE, "", SENT, None).gone


def test_a_mark_that_nobody_has_to_be_told_of_is_noted_and_not_sent() -> None:
    mark = Message("a", 1, "send", {"text": "20"}, "20", answers=True)
    made = HERE.noted(mark, "so")
    assert (made.action, made.part, made.new, made.row, made.why) == (KEEP, 4, mark, None, "so")
    assert made.change == recorded(task=Task.NONE, message=mark, of=None, part=4)


def test_of_what_is_left_to_do_only_what_is_still_wanted_stays() -> None:
    pinned = here(replace(ALPHA, after=("pin",)))
    assert pinned.todo(replace(SENT, todo=("crosspost", "pin"))) == ("pin",)
    assert HERE.todo(replace(SENT, todo=("pin",))) == ()


# Going on with what was planned

FAILED: dict[str, Any] = {"state": State.FAILED, "error": "No right."}
RESUMED = [
    # how the row was left, what is done about it, why, what readers will see, what the ledger records: task, source
    ("not sent yet", WAITS, SEND, "not done yet", ALPHA, (Task.SEND, OWN)),
    ("a send that failed", replace(WAITS, **FAILED), SEND, "failed: No right.", ALPHA, (Task.SEND, OWN)),
    ("an edit", replace(SENT, state=State.PENDING, task=Task.EDIT, **AIMED), EDIT, "not done yet", ALFA,
     (Task.EDIT, "new:er:source")),
    ("an edit that failed", replace(SENT, task=Task.EDIT, **AIMED, **FAILED), EDIT, "failed: No right.", ALFA,
     (Task.EDIT, "new:er:source")),
    ("to be taken back", replace(SENT, task=Task.DELETE, state=State.PENDING), DELETE, "not done yet", None,
     (Task.DELETE, OWN)),
    ("as it should be", SENT, KEEP, "as it should be", ALPHA, None),
    ("made from another source", replace(SENT, source="o:l:d"), KEEP, "as it should be", ALPHA, None),
    ("not to be pinned any more", replace(SENT, todo=("pin",), source="o:l:d"), KEEP, "as it should be", ALPHA,
     (Task.NONE, "o:l:d")),
    ("to be linked", replace(SENT, task=Task.LINK), KEEP, "as it should be", ALPHA, None),
    ("passed over", MISSED, KEEP, "passed over: Unknown.", ALPHA, None),
    ("passed over, not to be pinned", replace(MISSED, todo=("pin",)), KEEP, "passed over: Unknown.", ALPHA, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("left", "action", "why", "new", "change"), [one[1:] for one in RESUMED], ids=[one[0] for one in RESUMED]
)
def test_what_was_planned_is_finished(
    left: Delivery, action: Action, why: str, new: Message | None, change: tuple[Task, str] | None
) -> None:
    made = resumed(HERE, left)
    assert (made.action, made.why, made.new, made.row, made.part) == (action, why, new, left, 3)
    assert (made.change and (made.change.task, made.change.source)) == change


def test_what_a_row_was_made_from_is_that_of_its_correction_while_there_is_one() -> None:
    assert aimed_source(SENT) == OWN
    assert aimed_source(replace(SENT, task=Task.EDIT, **AIMED)) == "new:er:source"
    assert aimed_source(replace(SENT, **AIMED)) == OWN


# What the file says now

PAIRED = [
    # the row, what it shall become, what is done about it, why
    ("as it is", SENT, ALPHA, KEEP, "as it should be"),
    ("other words", SENT, ALFA, EDIT, "the section changed"),
    ("not sent yet", WAITS, ALPHA, SEND, "not sent yet"),
    ("not sent yet, other words", WAITS, ALFA, SEND, "not sent yet"),
    ("an edit that waits, taken back", replace(SENT, state=State.PENDING, task=Task.EDIT, **AIMED), ALPHA, KEEP,
     "as it should be"),
    ("an edit under way, taken back", replace(SENT, state=State.SENDING, task=Task.EDIT, **AIMED), ALPHA, EDIT,
     "the section changed"),
    ("an edit in doubt, taken back", replace(SENT, state=State.IN_DOUBT, task=Task.EDIT, **AIMED), ALPHA, EDIT,
     "the section changed"),
    ("links under way", replace(SENT, state=State.SENDING, task=Task.LINK), ALPHA, KEEP, "as it should be"),
    ("passed over", MISSED, ALPHA, KEEP, "passed over: Unknown."),
    ("passed over, other words", MISSED, ALFA, SEND, "not sent yet"),
    ("seen by its author", SEEN, ALPHA, KEEP, "passed over: Unknown."),
    ("seen by its author, other words", SEEN, ALFA, KEEP, "passed over: Unknown."),
]  # fmt: skip


@pytest.mark.parametrize(("left", "new", "action", "why"), [one[1:] for one in PAIRED], ids=[one[0] for one in PAIRED])
def test_a_message_becomes_what_the_file_says(left: Delivery, new: Message, action: Action, why: str) -> None:
    made = paired(HERE, left, new)
    assert (made.action, made.why, made.row) == (action, why, left)
    assert made.new == (left.payload if why.startswith("passed over") else new)


@pytest.mark.parametrize("left", [MISSED, SEEN])
def test_nothing_is_recorded_of_what_may_not_be_there(left: Delivery) -> None:
    assert paired(HERE, replace(left, source="o:l:d", todo=("pin",)), ALPHA).change is None


@pytest.mark.parametrize(("now", "action"), [("drawn", KEEP), ("drawn anew", EDIT)])
def test_a_picture_drawn_anew_is_an_edit(now: str, action: Action) -> None:
    before = here(PHOTO, digests={"x": "drawn"})
    made = paired(here(PHOTO, digests={"x": now}), row(2, PHOTO, before.sources.own(before.source, PHOTO)), PHOTO)
    assert (made.action, made.new) == (action, PHOTO)
    assert made.why == ("a picture changed" if action is EDIT else "as it should be")

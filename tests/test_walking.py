"""One destination's way through its open rows: in which order, into which thread, and what is reported of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import InDoubt, Rejected
from bots.ledger import Delivery, Task
from bots.model import Message, Receipt, State
from bots.report import Report
from tests.one_chat import HERE, POST, Scene, contents, corrected, said, scene_in, shown

ALPHA, BETA = said("alpha"), said("beta", "b")
PINNED = said("alpha", after=("crosspost", "pin"))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def edits(scene: Scene, row: Delivery, message: Message) -> Delivery:
    return scene.wants(row, Task.EDIT, message)


def test_what_is_new_goes_out_in_order_and_is_linked_in_the_end(scene: Scene) -> None:
    scene.queue(said("Hello", "lead"), replace(contents("a"), part=2), ALPHA)
    report = scene.walk()
    assert scene.chat.tried == ["send Hello", "send a", "send alpha", "edit a"]
    assert scene.row(1).links == {"a": "https://chat/102"}
    assert report == Report("channel", sent=3, edited=1)
    assert [(one.destination, one.done, one.total) for one in scene.steps] == [
        ("channel", 1, 3),
        ("channel", 2, 3),
        ("channel", 3, 3),
        ("channel", 4, 4),
    ]
    assert [one.row.payload.text for one in scene.steps] == ["Hello", "a", "alpha", "a"]
    assert {one.row.state for one in scene.steps} == {State.SENT}
    assert [one.left for one in scene.limiter.asked] == [3, 2, 1, 1], "who has most left goes first"


def test_a_second_walk_has_nothing_to_do(scene: Scene) -> None:
    scene.queue(contents("a"), ALPHA)
    scene.walk()
    del scene.chat.handed[:]
    assert scene.walk() == Report("channel", kept=2)
    assert scene.chat.handed == []


def test_an_issue_the_ledger_does_not_know_has_nothing_to_be_done(scene: Scene) -> None:
    assert scene.walk(issue="unheard of") == Report("channel")


def test_pictures_are_looked_for_beside_the_post(scene: Scene) -> None:
    scene.pictures = {"x": b"x"}
    scene.queue(shown("x"))
    scene.walk()
    assert scene.posts == [POST]


def test_what_is_done_at_the_end_counts_as_a_call_of_its_own(scene: Scene) -> None:
    (row,) = scene.out(PINNED)
    edits(scene, scene.wants(row, Task.NONE, None, "pin"), replace(PINNED, text="better"))
    scene.queue(BETA)
    report = scene.walk()
    assert scene.chat.tried == ["edit better", "send beta", "finish better"]
    assert (report.sent, report.edited, report.finished, report.kept) == (1, 1, 1, 0)
    assert [(one.done, one.total) for one in scene.steps] == [(1, 3), (2, 3), (3, 3)]
    assert [one.left for one in scene.limiter.asked] == [3, 2, 1]


# Corrections


FAILED = [
    # what failed before, what happens now, why the destination stopped
    (Task.SEND, [], "a part 1 failed and the rest keeps its order: Too long."),
    (Task.EDIT, ["send beta"], ""),
    (Task.DELETE, ["send beta"], ""),
]


@pytest.mark.parametrize(("task", "calls", "stopped"), FAILED)
def test_behind_a_failed_message_the_others_wait_behind_a_failed_change_they_do_not(
    scene: Scene, task: Task, calls: list[str], stopped: str
) -> None:
    if task is Task.SEND:
        scene.queue(ALPHA)
    else:
        scene.out(ALPHA)
        scene.wants(scene.row(), task, corrected(ALPHA, "better") if task is Task.EDIT else None)
    scene.amend(scene.amend(scene.row(), "state", "failed"), "error", "Too long.")
    scene.queue(BETA)
    report = scene.walk()
    assert (scene.chat.tried, report.stopped) == (calls, stopped)
    assert [row.section for row in report.failed] == ["a"]


TURNED = [
    # what is there, what it becomes, the calls
    (contents("b"), contents("b", "c"), ["send beta", "edit b c"]),
    (said("b", "lead"), contents("b"), ["send beta", "edit b"]),
    (contents("b"), said("bye", "lead"), ["edit bye", "send beta"]),
]


@pytest.mark.parametrize(("old", "new", "calls"), TURNED, ids=["contents", "to contents", "from contents"])
def test_contents_are_corrected_when_all_they_link_to_is_there(
    scene: Scene, old: Message, new: Message, calls: list[str]
) -> None:
    edits(scene, scene.out(old)[0], new)
    scene.queue(BETA)
    assert scene.walk().ok
    assert scene.chat.tried == calls
    assert (scene.row().links or {}) == ({"b": "https://chat/100"} if new.slots else {})


def test_contents_that_lead_where_they_should_are_left_alone(scene: Scene) -> None:
    scene.out(contents("a"))
    scene.amend(scene.row(), "links", None)
    assert scene.walk().ok
    assert scene.chat.handed == []


def test_a_link_whose_answer_was_lost_is_made_again(scene: Scene) -> None:
    (row,) = scene.out(contents("a"))
    scene.chat.endings = deque([InDoubt("Timed out.")])
    scene.carry(row, Task.LINK, links={})
    report = scene.walk()
    assert (report.ok, report.edited) == (True, 1)
    assert [call.what for call in scene.chat.handed] == ["edit", "edit"]


GOING = [
    ("taken back already", "state", "deleted", []),
    ("to be taken back", "task", "delete", ["delete"]),
    ("struck through", "error_code", "left over", []),
]


@pytest.mark.parametrize(("column", "value", "calls"), [row[1:] for row in GOING], ids=[row[0] for row in GOING])
def test_contents_nobody_shall_read_are_not_linked_any_more(
    scene: Scene, column: str, value: str, calls: list[str]
) -> None:
    scene.out(contents("a"), ALPHA)
    scene.amend(scene.row(), column, value)
    scene.walk()
    assert scene.chat.tried == calls


# What goes


def test_contents_stop_leading_to_a_message_before_it_is_taken_back(scene: Scene) -> None:
    scene.out(contents("a"), ALPHA)
    scene.carry(scene.row(), Task.LINK, links={"a": "https://chat/2"})
    scene.wants(scene.row(1), Task.DELETE)
    report = scene.walk()
    assert scene.chat.tried[1:] == ["edit a", "delete"]
    assert scene.row().links == {}
    assert (report.edited, report.deleted, report.kept) == (1, 1, 0)


def test_what_can_t_be_taken_back_is_struck_through_in_the_same_run(scene: Scene) -> None:
    scene.out(ALPHA, BETA)
    scene.wants(scene.row(0), Task.DELETE)
    scene.wants(scene.row(1), Task.DELETE)
    scene.chat.endings = deque([Rejected("Too old.")])
    report = scene.walk()
    assert scene.chat.tried == ["delete", "edit ~alpha~", "delete"]
    assert (report.ok, report.deleted, report.edited) == (True, 1, 1)
    assert [(one.done, one.total) for one in scene.steps] == [(1, 2), (2, 2), (3, 3)]
    assert report.advice == ("a part 1 (https://chat/1) can't be taken back and is struck through instead: Too old.",)


def test_a_thread_whose_first_message_went_is_still_struck_through(scene: Scene) -> None:
    scene.out(said("Hello", "lead"), replace(ALPHA, inside=True))
    for row in scene.rows():
        scene.wants(row, Task.DELETE)
    scene.chat.endings = deque([None, Rejected("Too old.")])
    assert scene.walk().stopped == ""
    assert scene.chat.tried == ["delete", "delete", "edit ~alpha~"]


def test_a_message_taken_back_is_not_corrected_first(scene: Scene) -> None:
    scene.out(ALPHA)
    scene.wants(scene.row(), Task.DELETE)
    assert scene.walk().deleted == 1
    assert scene.chat.tried == ["delete"]


# The end


def test_a_pin_whose_answer_was_lost_is_made_again(scene: Scene) -> None:
    scene.out(PINNED, BETA)
    scene.chat.endings = deque([InDoubt("Timed out.")])
    scene.carry(scene.wants(scene.row(), Task.NONE, None, "pin"), Task.FINISH)
    assert scene.walk().finished == 1
    assert scene.chat.tried == ["finish alpha", "finish alpha"]


@pytest.mark.parametrize("waits", [True, False], ids=["something is missing", "all is there"])
def test_followers_are_led_to_nothing_unfinished(scene: Scene, waits: bool) -> None:
    scene.out(PINNED, BETA)
    scene.wants(scene.row(), Task.NONE, None, "crosspost")
    if waits:
        edits(scene, scene.row(1), corrected(BETA, "better"))
        scene.chat.endings = deque([Rejected("Too long.")])
    report = scene.walk()
    assert report.finished == (not waits)
    assert [call.what for call in scene.chat.handed] == (["edit"] if waits else ["finish"])
    assert report.stopped == ""


# Threads and replies


def test_a_message_goes_into_the_thread_of_the_first_one(scene: Scene) -> None:
    scene.queue(said("Hello", "lead"), replace(ALPHA, inside=True))
    assert scene.walk().ok
    assert [call.attempt and call.attempt.within for call in scene.chat.handed] == [None, "100"]
    assert scene.row(1).within == "100"


FATES = [
    # the head's error, what is said of it; None for no head at all
    (None, "the issue has none here."),
    ("", "it is deleted."),
    ("Somebody did.", "it is deleted. Somebody did."),
]


@pytest.mark.parametrize(("error", "fate"), FATES)
def test_without_a_first_message_there_is_no_thread(scene: Scene, error: str | None, fate: str) -> None:
    if error is not None:
        (head,) = scene.out(said("Hello", "lead"))
        scene.amend(scene.amend(head, "state", "deleted"), "error", error)
    scene.queue(replace(ALPHA, inside=True))
    report = scene.walk()
    assert report.stopped == (
        "a part 1 and what follows go into the thread of the issue's first message, which is not out there: " + fate
    )
    assert scene.chat.handed == []
    assert [row.section for row in report.waiting] == ["a"]


REPLIES = [
    # is it in a thread, the chat the section went to, the message replied to
    ("in the chat", False, "@news", "2"),
    ("in the thread", True, "@news", "2"),
    ("where nobody recorded", False, None, "2"),
    ("in a chat that moved", False, "-40", None),
]


@pytest.mark.parametrize(("inside", "chat", "answers"), [row[1:] for row in REPLIES], ids=[row[0] for row in REPLIES])
def test_an_erratum_replies_to_its_section_where_that_can_be_found(
    scene: Scene, inside: bool, chat: str | None, answers: str | None
) -> None:
    scene.out(said("Hello", "lead"), replace(ALPHA, inside=inside), replace(BETA, inside=inside))
    scene.amend(scene.row(1), "chat", chat)
    scene.queue(replace(said("Correction", part=2), inside=inside, answers=True))
    assert scene.walk().ok
    (call,) = scene.chat.handed
    assert call.attempt is not None
    assert (call.attempt.answers, call.attempt.within) == (answers, "1" if inside else None)


def test_what_is_no_erratum_replies_to_nothing(scene: Scene) -> None:
    scene.out(ALPHA)
    scene.queue(said("more", part=2))
    scene.walk()
    (call,) = scene.chat.handed
    assert call.attempt is not None
    assert call.attempt.answers is None


# Other issues


def test_what_is_in_doubt_of_another_issue_comes_first_and_holds_up_this_one(scene: Scene) -> None:
    scene.queue(said("old"), issue="zero")
    scene.chat.endings = deque([InDoubt("Timed out.")])
    scene.carry(scene.rows("zero")[0])
    scene.queue(ALPHA, BETA)
    report = scene.walk()
    assert scene.chat.tried[1:] == ["settle old"]
    assert report.stopped == "a part 1 of zero is in doubt: Nobody can tell."
    assert [row.issue for row in report.in_doubt] == ["zero"]
    assert [row.section for row in report.waiting] == ["a", "b"]
    assert scene.limiter.asked[-1].left == 2, "all of it waits for that"
    scene.chat.endings = deque([Receipt(("9",))])
    assert scene.walk().sent == 2
    assert scene.chat.handed[-3].destination == HERE
    assert scene.chat.tried[2:] == ["settle old", "send alpha", "send beta"]

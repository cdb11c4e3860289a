"""What holds a destination up: waits and tries, lost sends and what the author decided, refusals, caps and pauses."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError, TokenRejected, TryLater
from bots.ledger import Task
from bots.ledger.rows import SENT_AGAIN
from bots.model import Kind, Receipt, State
from bots.plan import Limits
from bots.platforms.base import EARLY
from bots.walk import Rules, Run
from tests.fakechat import Killed
from tests.one_chat import HERE, Scene, corrected, said, scene_in, shown

ALPHA, BETA = said("alpha"), said("beta", "b")
AWAY = TryLater("No network.")
LOST = InDoubt("Timed out.")
UNKNOWN = InDoubt("Nobody can tell.")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def gaps(scene: Scene) -> list[float]:
    """Seconds from one call to the next."""
    moments = [call.at for call in scene.chat.handed]
    return [after - before for before, after in pairwise(moments)]


# Waits


WAITS = [
    # how the first call ends, seconds to the next one, what the other chats of the token hear
    ("it names no time", AWAY, 1.1, []),
    ("it names a time", TryLater("Slow down.", after=30), 30.6, [("telegram", 30)]),
    ("it names a short time", TryLater("Slow down.", after=0.9), 1.5, [("telegram", 0.9)]),
    ("the chat alone has to wait", TryLater("Slow mode.", after=30, here=True), 30.1, []),
    ("evidence has to wait", TryLater("Too early.", after=30, code=EARLY), 30.1, []),
]


@pytest.mark.parametrize(("error", "seconds", "heard"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS])
def test_a_send_that_has_to_wait(
    scene: Scene, error: SendError, seconds: float, heard: list[tuple[str, float]]
) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([error])
    assert scene.walk().sent == 1
    assert gaps(scene) == [pytest.approx(seconds, abs=0.02)]
    assert scene.limiter.refusals == heard


def test_each_try_waits_twice_as_long_as_far_as_patience_goes(scene: Scene) -> None:
    scene.queue(ALPHA, BETA)
    scene.chat.endings = deque([AWAY] * 5)
    report = scene.walk(Rules(tries=5, patience=7.0))
    assert gaps(scene) == [pytest.approx(0.1 + wait, abs=0.02) for wait in (1, 2, 4, 7)]
    assert report.stopped == "a part 1 was tried 5 times: No network."
    assert [row.state for row in report.waiting] == [State.PENDING] * 2
    assert report.sent == 0


@pytest.mark.parametrize("error", [AWAY, LOST], ids=["not there", "nobody knows"])
@pytest.mark.parametrize("task", [Task.EDIT, Task.DELETE])
def test_a_change_is_repeated_until_it_is_known_to_be_made(scene: Scene, task: Task, error: SendError) -> None:
    scene.out(ALPHA)
    scene.wants(scene.row(), task, corrected(ALPHA, "better") if task is Task.EDIT else None)
    scene.chat.endings = deque([error, error])
    report = scene.walk()
    assert [call.what for call in scene.chat.handed] == [task.value] * 3
    assert (report.ok, report.edited + report.deleted) == (True, 1)
    assert gaps(scene) == [pytest.approx(1.1, abs=0.02), pytest.approx(2.1, abs=0.02)]


# Refusals


REFUSALS = [
    # how the first call ends, the calls, why it stopped
    (Rejected("Too long."), ["send alpha"], "a part 1 was refused: Too long."),
    (Gone("Not found."), ["send alpha"], "a part 1 was refused: Not found."),
    (ChatClosed("No rights."), ["send alpha"], "No rights."),
    (TokenRejected("Unknown token."), ["send alpha"], "Unknown token."),
]


@pytest.mark.parametrize(("error", "calls", "stopped"), REFUSALS)
def test_behind_a_refused_message_the_others_keep_their_order(
    scene: Scene, error: SendError, calls: list[str], stopped: str
) -> None:
    scene.queue(ALPHA, BETA)
    scene.chat.endings = deque([error])
    report = scene.walk()
    assert (scene.chat.tried, report.stopped) == (calls, stopped)
    assert scene.row(1).state is State.PENDING


def test_a_refused_correction_holds_up_nothing(scene: Scene) -> None:
    scene.out(ALPHA)
    scene.wants(scene.row(), Task.EDIT, corrected(ALPHA, "better"))
    scene.queue(BETA)
    scene.chat.endings = deque([Rejected("Too long.")])
    report = scene.walk()
    assert scene.chat.tried == ["edit better", "send beta"]
    assert (report.sent, report.edited, report.stopped) == (1, 0, "")
    assert [row.error for row in report.failed] == ["Too long."]
    assert [(one.done, one.total) for one in scene.steps] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("task", [Task.EDIT, Task.DELETE])
def test_a_change_that_was_given_up_is_not_reported_as_made(scene: Scene, task: Task) -> None:
    scene.out(ALPHA)
    scene.wants(scene.row(), task, corrected(ALPHA, "better") if task is Task.EDIT else None)
    scene.chat.endings = deque([Gone("No such message.")])
    report = scene.walk()
    assert (report.ok, report.edited, report.deleted) == (True, 0, 0)
    assert report.advice == ("a part 1 (https://chat/1) stays as it is: No such message.",)


def test_a_rejected_token_is_not_tried_by_the_next_destination(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([TokenRejected("Unknown token.")])
    shared = Run(100)
    scene.walk(shared=shared)
    assert shared.closed == {"telegram": "Unknown token."}
    report = scene.walk(shared=shared)
    assert (report.stopped, len(scene.chat.handed)) == ("Unknown token.", 1)
    assert scene.row().attempt == 1


# Chats that move


def test_a_group_that_becomes_a_supergroup_is_followed_and_the_author_told(tmp_path: Path) -> None:
    with scene_in(tmp_path, replace(HERE, kind=Kind.GROUP, chat="-40")) as scene:
        scene.queue(ALPHA)
        scene.chat.endings = deque([ChatClosed("It moved.", moved_to="-1009")])
        report = scene.walk()
        assert [call.destination.chat for call in scene.chat.handed] == ["-40", "-1009"]
        assert (report.ok, report.sent) == (True, 1)
        assert report.advice == (
            "The group has become a supergroup: in config.yaml set destinations.channel.chat "
            'to "-1009" and its kind to supergroup.',
        )


def test_a_chat_that_claims_to_have_moved_to_itself_is_closed(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([ChatClosed("It moved.", moved_to="@news")])
    report = scene.walk()
    assert (report.stopped, len(scene.chat.handed), report.advice) == ("It moved.", 1, ())


# Crossposts and pins


HELD = [
    # how each call ends, how many calls, why it stopped
    ("a short window", [TryLater("Wait.", after=59)], 2, ""),
    ("lost once", [LOST], 2, ""),
    ("away once", [AWAY], 2, ""),
    ("lost again and again", [LOST] * 3, 3, "crosspost and pin: Timed out."),
    ("away again and again", [AWAY] * 3, 3, "crosspost and pin: No network."),
    ("refused", [Rejected("Too many pins.")], 1, "crosspost and pin: Too many pins."),
    ("a right is missing", [ChatClosed("No rights.")], 1, "crosspost and pin: No rights."),
    ("a long window", [TryLater("W.", after=60)], 1, "crosspost and pin: W. Publish again after 2026-01-01 00:01 UTC."),
    ("a revoked token", [TokenRejected("Unknown token.")], 1, "Unknown token."),
]


@pytest.mark.parametrize(("endings", "calls", "stopped"), [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_what_is_done_at_the_end_is_left_to_the_next_run_when_it_takes_long(
    scene: Scene, endings: list[SendError], calls: int, stopped: str
) -> None:
    scene.out(replace(ALPHA, after=("crosspost", "pin")))
    scene.wants(scene.row(), Task.NONE, None, "crosspost", "pin")
    scene.chat.endings = deque(endings)
    report = scene.walk(Rules(tries=3))
    assert [call.what for call in scene.chat.handed] == ["finish"] * calls
    assert (report.stopped, report.finished, report.ok) == (stopped, int(not stopped), not stopped)
    if calls == 3:
        assert gaps(scene) == [pytest.approx(1.1, abs=0.02), pytest.approx(2.1, abs=0.02)]
        assert scene.clock.monotonic() < scene.chat.handed[-1].at + 0.5, "and does not wait for nothing"


def test_all_that_is_left_to_the_next_run_is_named(scene: Scene) -> None:
    scene.out(*(replace(one, after=("pin",)) for one in (ALPHA, BETA)))
    for row in scene.rows():
        scene.wants(row, Task.NONE, None, "pin")
    scene.chat.endings = deque([Rejected("Too many pins."), Rejected("Not this one.")])
    assert scene.walk().stopped == "pin: Too many pins. pin: Not this one."


# Lost sends


def policy(word: Literal["ask", "resend", "skip"], tries: int = 6) -> Rules:
    return Rules(in_doubt=word, tries=tries)


@pytest.mark.parametrize("word", ["ask", "resend", "skip"])
def test_a_lost_send_that_is_found_is_done(scene: Scene, word: Literal["ask", "resend", "skip"]) -> None:
    scene.queue(ALPHA, BETA)
    scene.chat.endings = deque([LOST, Receipt(("7",))])
    report = scene.walk(policy(word))
    assert scene.chat.tried == ["send alpha", "settle alpha", "send beta"]
    assert (report.ok, report.sent, scene.row().ids) == (True, 2, ("7",))
    assert [one.left for one in scene.limiter.asked] == [2, 2, 1]


@pytest.mark.parametrize("word", ["ask", "resend", "skip"])
def test_a_lost_send_that_is_provably_missing_is_sent(scene: Scene, word: Literal["ask", "resend", "skip"]) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([LOST, None])
    report = scene.walk(policy(word))
    assert scene.chat.tried == ["send alpha", "settle alpha", "send alpha"]
    assert (report.ok, report.sent, report.in_doubt) == (True, 1, ())


def test_without_evidence_the_author_is_asked_and_the_rest_waits(scene: Scene) -> None:
    scene.queue(ALPHA, BETA)
    scene.chat.endings = deque([LOST, UNKNOWN])
    report = scene.walk()
    assert scene.chat.tried == ["send alpha", "settle alpha"]
    assert report.stopped == "a part 1 of one is in doubt: Nobody can tell."
    assert [row.section for row in report.in_doubt] == ["a"]
    assert scene.steps == []


def test_a_lost_send_may_be_passed_over(scene: Scene) -> None:
    scene.queue(ALPHA, BETA)
    scene.chat.endings = deque([LOST, UNKNOWN])
    report = scene.walk(policy("skip"))
    assert scene.chat.tried == ["send alpha", "settle alpha", "send beta"]
    assert (report.ok, report.sent) == (True, 1), "what nobody knows is not counted"
    (row,) = report.passed_over
    assert row.error == "Nobody knows whether it is there; the rest went on."
    assert [(one.done, one.total) for one in scene.steps] == [(1, 2), (2, 2)]


def test_a_lost_send_may_be_repeated_once_and_silently(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([LOST, UNKNOWN, AWAY, LOST, UNKNOWN])
    report = scene.walk(policy("resend"))
    assert scene.chat.tried == ["send alpha", "settle alpha", "send alpha", "send alpha", "settle alpha"]
    attempts = [call.attempt for call in scene.chat.handed if call.what == "send"]
    assert [one is not None and one.repeated for one in attempts] == [False, True, True]
    again = scene.chat.handed[2].rows[0]
    assert (again.error_code, again.error) == (SENT_AGAIN, "It is sent again and may be there twice.")
    assert report.stopped.endswith("is in doubt: Nobody can tell.")


@pytest.mark.parametrize("word", ["ask", "resend", "skip"])
def test_evidence_that_can_t_be_had_yet_is_waited_for_and_decides_nothing(
    scene: Scene, word: Literal["ask", "resend", "skip"]
) -> None:
    early = TryLater("Too early.", after=30, code=EARLY)
    scene.queue(ALPHA)
    scene.chat.endings = deque([LOST, early, AWAY, early])
    report = scene.walk(policy(word, tries=3))
    assert scene.chat.tried == ["send alpha", *["settle alpha"] * 3]
    assert gaps(scene)[1:] == [pytest.approx(30.1, abs=0.05), pytest.approx(2.1, abs=0.05)]
    assert report.stopped == "a part 1 of one is in doubt: Too early."
    assert scene.limiter.refusals == []


def test_evidence_that_comes_late_is_enough(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([LOST, AWAY, Receipt(("7",))])
    report = scene.walk()
    assert (report.ok, report.sent, len(scene.chat.handed)) == (True, 1, 3)


def test_a_lost_send_of_a_dead_process_is_looked_for_before_anything_new(scene: Scene) -> None:
    def dies() -> None:
        raise Killed

    scene.queue(ALPHA)
    scene.happens["send.before"] = dies
    with pytest.raises(Killed):
        scene.carry(scene.row())
    assert scene.row().state is State.SENDING
    scene.chat.endings = deque([Receipt(("7",))])
    report = scene.walk()
    assert scene.chat.tried == ["settle alpha"]
    assert (report.ok, report.kept, report.sent) == (True, 1, 0)
    assert scene.limiter.asked[-1].left == 1


# Caps and pauses


def test_a_run_sends_no_more_than_it_may(scene: Scene) -> None:
    scene.queue(ALPHA, BETA)
    shared = Run(1)
    report = scene.walk(Rules(limits=Limits(sends=7)), shared)
    assert scene.chat.tried == ["send alpha"]
    assert report.stopped == "One run sends at most 7 messages. Publish again to go on."
    assert shared.sends_left == 0


FREE = [
    # how the first send ends, what is left of one
    (AWAY, 0),
    (Rejected("Too long."), 1),
    (ChatClosed("No rights."), 1),
]


@pytest.mark.parametrize(("error", "left"), FREE, ids=[str(row[0]) for row in FREE])
def test_what_failed_costs_the_run_nothing(scene: Scene, error: SendError, left: int) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([error])
    shared = Run(1)
    report = scene.walk(shared=shared)
    assert (shared.sends_left, report.sent) == (left, 1 - left)


def test_a_picture_that_can_t_be_read_gives_back_no_send(scene: Scene) -> None:
    scene.pictures = {"x": b"x"}
    scene.queue(shown("x"))
    scene.pictures = {}
    shared = Run(1)
    assert scene.walk(shared=shared).stopped.startswith("a part 1 was refused: ")
    assert shared.sends_left == 1


def test_changes_are_free(scene: Scene) -> None:
    scene.out(ALPHA, BETA)
    scene.wants(scene.row(), Task.EDIT, corrected(ALPHA, "better"))
    scene.wants(scene.row(1), Task.DELETE)
    shared = Run(0)
    scene.chat.endings = deque([AWAY])
    assert scene.walk(shared=shared).ok
    assert shared.sends_left == 0


def test_a_pause_holds_before_the_next_call(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.ledger.pause("holiday")
    report = scene.walk()
    assert (scene.chat.handed, report.stopped) == ([], "Sending is paused: holiday")
    assert (scene.row().state, scene.row().attempt) == (State.PENDING, 0)

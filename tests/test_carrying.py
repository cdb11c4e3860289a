"""One call to a platform: what the sender is handed, what the ledger holds before and after, what the limiter hears."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.courier import Job
from bots.errors import LedgerError
from bots.ledger import Task
from bots.model import Kind, Receipt, State
from bots.platforms.base import Place
from tests.one_chat import HERE, POST, Asked, Scene, contents, corrected, said, scene_in
from tests.virtual import DAWN

ALPHA = said("alpha")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


# Intent before, outcome after


def test_a_send_is_in_the_ledger_before_the_platform_hears_of_it(scene: Scene) -> None:
    scene.out(said("Hello", "lead"))
    scene.queue(replace(ALPHA, inside=True, answers=True))
    assert scene.carry(scene.row(1), within="1", answers="1") is None
    (call,) = scene.chat.handed
    before, row = call.rows[1], scene.row(1)
    assert (before.state, before.attempt, before.chat, before.within) == (State.SENDING, 1, "@news", "1")
    assert (row.state, row.task, row.ids, row.url) == (State.SENT, Task.NONE, ("100",), "https://chat/100")
    assert call.attempt is not None
    told = call.attempt
    assert (call.destination, call.message) == (HERE, row.payload)
    assert (told.key, told.nonce, told.since) == ("channel/one/a/1", row.nonce, before.claimed_at)
    assert (told.after, told.within, told.answers, told.repeated) == ("1", "1", "1", False)


BEGUN = ["intent.before", "intent.during", "intent.after", "send.before"]
CONFIRMED = ["reply.after", "confirm.before", "confirm.during", "confirm.after"]


def test_a_process_can_die_before_and_after_whatever_a_send_does(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.carry(scene.row())
    assert scene.passed[1:] == [*BEGUN, "send.after", *CONFIRMED]


def test_a_process_can_die_before_and_after_whatever_a_failure_does(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([RuntimeError("?"), Receipt(("7",))])
    scene.carry(scene.row())
    assert scene.passed[1:] == [*BEGUN, "send.after"]
    del scene.passed[:]
    scene.settle(scene.row())
    assert scene.passed == ["settle.before", "settle.after", *CONFIRMED]


def test_a_correction_shows_both_versions_with_their_links(scene: Scene) -> None:
    (row,) = scene.out(contents("a", "b"))
    assert scene.carry(row, Task.LINK, links={"a": "https://1"}) is None
    row = scene.wants(scene.row(), Task.EDIT, corrected(contents("a", "b"), "a and b"))
    assert scene.carry(row, Task.EDIT, links={"a": "https://1", "b": "https://2"}) is None
    link, edit = scene.chat.handed
    assert link.old is not None
    assert edit.old is not None
    assert link.message is not None
    assert edit.message is not None
    assert [one.body["links"] for one in (link.old, link.message)] == [{}, {"a": "https://1"}]
    assert [one.body["links"] for one in (edit.old, edit.message)] == [
        {"a": "https://1"},
        {"a": "https://1", "b": "https://2"},
    ]
    assert [one.text for one in (edit.old, edit.message)] == ["a b", "a and b"]
    assert edit.rows[0].target_links == {"a": "https://1", "b": "https://2"}
    assert (scene.row().links, scene.row().payload.text) == ({"a": "https://1", "b": "https://2"}, "a and b")
    assert scene.row().ids == ("1",)


PLACES = [
    # task, what is called, state afterwards
    (Task.EDIT, "edit", State.SENT),
    (Task.DELETE, "delete", State.DELETED),
    (Task.FINISH, "finish", State.SENT),
]


@pytest.mark.parametrize(("task", "what", "state"), PLACES)
def test_a_message_is_changed_where_it_is(scene: Scene, task: Task, what: str, state: State) -> None:
    scene.out(said("Hello", "lead"), said("alpha", inside=True, after=("pin",)))
    row = scene.wants(scene.row(1), Task.NONE, None, "pin")
    row = scene.wants(row, Task.EDIT, said("better", inside=True)) if task is Task.EDIT else row
    assert scene.carry(row, task) is None
    (call,) = scene.chat.handed
    assert (call.what, call.destination, call.place) == (what, HERE, Place(("2",), "1"))
    assert call.rows[1].state is State.SENDING
    assert (scene.row(1).state, scene.row(1).task) == (state, Task.NONE)


def test_only_what_is_left_is_done_at_the_end(scene: Scene) -> None:
    (row,) = scene.out(said("Hello", "lead", after=("crosspost", "pin")))
    assert scene.carry(scene.wants(row, Task.NONE, None, "pin"), Task.FINISH) is None
    (call,) = scene.chat.handed
    assert call.message is not None
    assert call.message.after == ("pin",)
    assert scene.row().todo == ()


def test_what_never_came_out_is_taken_back_without_a_call(scene: Scene) -> None:
    scene.queue(ALPHA)
    assert scene.carry(scene.wants(scene.row(), Task.DELETE), Task.DELETE) is None
    assert (scene.chat.handed, scene.row().state) == ([], State.DELETED)


# Pace


def test_the_limiter_is_asked_for_the_chat_with_all_that_is_left_there(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([RuntimeError("?")])
    scene.carry(scene.row(), left=7)
    scene.settle(scene.row(), left=5)
    assert scene.limiter.asked == [Asked("telegram", "@news", 1, 7), Asked("telegram", "@news", 1, 5)]


def test_the_last_look_comes_after_the_wait_and_before_the_intent(scene: Scene) -> None:
    class Closed(Exception):
        """No."""

    def may_go() -> None:
        assert scene.clock.monotonic() >= 30
        raise Closed

    scene.queue(ALPHA)
    row = scene.row()
    scene.limiter.refused("telegram", 30)
    with pytest.raises(Closed):
        scene.carry(row, may_go=may_go)
    assert scene.row() == row
    assert not scene.chat.handed


LATE = [("it succeeded", None, 5.9), ("it failed", RuntimeError("?"), 5.0)]


@pytest.mark.parametrize(("ending", "next_at"), [row[1:] for row in LATE], ids=[row[0] for row in LATE])
def test_after_a_call_that_took_long_the_chat_waits_as_if_it_had_left_late(
    scene: Scene, ending: Exception | None, next_at: float
) -> None:
    """What took long arrived late, and the platform counts from there; a failure was counted when it left."""
    first, second = scene.queue(ALPHA, said("beta", "b"))
    scene.chat.endings = deque([ending or Receipt(("7",))])
    scene.chat.slow = {1: 5.0}
    courier = scene.courier()

    async def nothing() -> None: ...

    async def main() -> None:
        for row in (first, second):
            await courier.carry(Job(row, Task.SEND, POST), nothing)

    scene.run(main())
    assert scene.chat.handed[1].at == pytest.approx(next_at, abs=0.05)


STOOD = [
    # seconds before the intent, seconds the machine stood still after it, state
    (0, 75.0, State.SENT),
    (0, 75.1, State.PENDING),
    (40, 40.0, State.SENT),
]


@pytest.mark.parametrize(("waits", "seconds", "state"), STOOD)
def test_a_machine_that_slept_after_the_intent_sends_nothing(
    scene: Scene, waits: float, seconds: float, state: State
) -> None:
    """The lease may be another's by then."""

    def slept() -> None:
        scene.clock.lost = seconds

    if waits:
        scene.limiter.refused("telegram", waits)
    scene.queue(ALPHA)
    scene.happens["intent.after"] = slept
    error = scene.carry(scene.row())
    assert scene.row().state is state
    assert len(scene.chat.handed) == (error is None)
    assert (error.code if error else "") == scene.row().error_code == ("" if state is State.SENT else "stalled")
    assert scene.row().error == ("" if error is None else "The machine stood still; nothing was sent.")


# Stopped in the middle


CALLS = [("it ends in time", 5.0, State.SENT, 5.0), ("it takes longer", 60.0, State.SENDING, 9.0)]


@pytest.mark.parametrize(("takes", "state", "until"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_a_stopped_run_waits_a_while_for_the_answer(scene: Scene, takes: float, state: State, until: float) -> None:
    scene.queue(ALPHA)
    scene.chat.slow = {1: takes}
    assert stopped_after(scene, 1.0) == pytest.approx(until, abs=0.01)
    assert scene.row().state is state


def test_a_failure_after_the_stop_is_nobody_s_surprise(scene: Scene) -> None:
    def broken() -> None:
        raise LedgerError("The disk is full.")

    scene.queue(ALPHA)
    scene.happens["confirm.before"] = broken
    scene.chat.slow = {1: 3.0}
    assert stopped_after(scene, 1.0) == pytest.approx(3.0, abs=0.01)


def stopped_after(scene: Scene, seconds: float) -> float:
    """When a run that was stopped then had ended. Nothing may be left that nobody heard of."""
    courier, unheard = scene.courier(grace=8.0), list[dict[str, Any]]()

    async def nothing() -> None: ...

    async def main() -> float:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
        work = asyncio.create_task(courier.carry(Job(scene.row(), Task.SEND, POST), nothing))
        await scene.clock.sleep(seconds)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        del work
        gc.collect()
        return scene.clock.monotonic()

    ended = scene.run(main())
    assert unheard == []
    return ended


# Chats that move


def test_a_chat_that_moved_is_followed_in_this_run_and_in_later_ones(tmp_path: Path) -> None:
    group = replace(HERE, kind=Kind.GROUP, chat="-40")
    with scene_in(tmp_path, group) as scene:
        courier = scene.courier()
        scene.run(courier.follow("-1009"))
        assert (courier.chat, scene.courier().chat) == ("-1009", "-1009")
        scene.queue(ALPHA)
        assert scene.carry(scene.row()) is None
        assert scene.chat.handed[0].destination == replace(group, kind=Kind.SUPERGROUP, chat="-1009")
        assert scene.row().chat == "-1009"


def test_an_intent_is_dated(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.limiter.refused("telegram", 30)
    scene.carry(scene.row())
    claimed = scene.row().claimed_at
    assert claimed is not None
    assert 30 <= (claimed - DAWN).total_seconds() < 31

"""Who goes first: the most work left, replies at the pace of their reserve, and everybody in the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bots.limiter import GRACE
from bots.pacing import Pace, Platform
from tests.turns import FREE, PLAIN, Scene, play

RESERVED = Platform(10.0, FREE, FREE, reserve=2.0)
"""Of ten calls a second two are for replies."""
CHANNELS = Platform(10.0, Pace(2.0), FREE, reserve=2.0)
"""Channels have a window of their own, private chats have none."""


# ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────────────


FIRST = [
    # what, calls of as many chats as (chat, calls left), the order they go in
    ("the most work left goes first", [("1", 1), ("2", 5), ("3", 3)], ["2", "3", "1"]),
    ("as many go in the order they came", [("3", 2), ("1", 2), ("2", 2)], ["3", "1", "2"]),
    ("work is time: a window makes it more", [("1", 9), ("@a", 5)], ["@a", "1"]),
    ("but not when there is very little", [("1", 60), ("@a", 1)], ["1", "@a"]),
]
QUARTERS = Platform(10.0, Pace(0.5, 2, 60.0), Pace(0.5))


@pytest.mark.parametrize(("calls", "order"), [row[1:] for row in FIRST], ids=[row[0] for row in FIRST])
def test_who_goes_first(calls: list[tuple[str, int]], order: list[str]) -> None:
    async def scene(stage: Scene) -> None:
        await stage.all(*(stage.call(chat, left=left) for chat, left in calls))
        assert stage.order == order

    play(QUARTERS, scene)


def test_within_a_chat_calls_keep_their_order_whatever_is_left() -> None:
    async def scene(stage: Scene) -> None:
        await stage.all(*(stage.call("@a", left=left, name=str(left)) for left in (1, 5, 3)))
        assert stage.order == ["1", "5", "3"]

    play(CHANNELS, scene)


def test_while_one_chat_waits_others_go() -> None:
    async def scene(stage: Scene) -> None:
        moments = await stage.all(stage.call("@a", left=9), stage.call("@a", left=9), stage.call("1"), stage.call("2"))
        assert moments == pytest.approx([0.0, 2.0, 0.1, 0.2], abs=1e-3)

    play(CHANNELS, scene)


def test_a_new_call_with_more_work_left_overtakes_those_that_wait() -> None:
    async def scene(stage: Scene) -> None:
        waiting = [asyncio.create_task(stage.call(str(n))) for n in (1, 2, 3)]
        await stage.clock.sleep(0.05)
        await stage.call("@a", left=9)
        await asyncio.gather(*waiting)
        assert stage.order == ["1", "@a", "2", "3"]

    play(CHANNELS, scene)


def test_a_call_that_comes_while_all_chats_wait_goes_at_once() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("@a")
        waiting = asyncio.create_task(stage.call("@a"))
        await stage.clock.sleep(1.0)
        assert await stage.call("1") == pytest.approx(1.0, abs=1e-3)
        assert await waiting == pytest.approx(2.0, abs=1e-3)

    play(CHANNELS, scene)


# ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_goes_before_an_issue() -> None:
    async def scene(stage: Scene) -> None:
        issue = [asyncio.create_task(stage.call(str(n), left=9)) for n in range(1, 10)]
        await stage.clock.sleep(0.25)
        assert await stage.call("100", reply=True) == pytest.approx(0.3, abs=1e-3)
        await asyncio.gather(*issue)

    play(RESERVED, scene)


ISSUE, REPLY = ["issue"], ["reply"]
FLOODS = [
    # what, seconds before, pictures of each reply, the order that calls go in
    ("of ten calls two are replies", 0.0, 1, [*REPLY, *ISSUE * 4] * 4),
    ("an idle minute saves up for one more", 60.0, 1, [*REPLY * 2, *ISSUE * 3, *[*REPLY, *ISSUE * 4] * 3]),
    ("a reply with pictures counts them", 0.0, 2, [*REPLY, *ISSUE * 8] * 2),
]


@pytest.mark.parametrize(("idle", "pictures", "order"), [row[1:] for row in FLOODS], ids=[row[0] for row in FLOODS])
def test_while_an_issue_goes_out_replies_have_their_reserve(idle: float, pictures: int, order: list[str]) -> None:
    async def scene(stage: Scene) -> None:
        await stage.clock.sleep(idle)
        issue = [stage.call(str(n), name="issue") for n in range(1, 20)]
        await stage.all(*issue, *(stage.call(str(n), pictures, reply=True, name="reply") for n in range(100, 106)))
        assert stage.order[: len(order)] == order

    play(replace(RESERVED, items=True), scene)


def test_after_a_429_the_reserve_shrinks_with_the_rate() -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 0.0)
        issue = [stage.call(str(n), name="issue") for n in range(1, 20)]
        await stage.all(*issue, *(stage.call(str(n), reply=True, name="reply") for n in range(100, 106)))
        assert stage.order[:14] == [*REPLY, *ISSUE * 2, *[*REPLY, *ISSUE * 4] * 2, *REPLY]

    play(RESERVED, scene)


def test_replies_use_the_whole_rate_when_nothing_else_can_go() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("@a")
        waiting = asyncio.create_task(stage.call("@a"))
        moments = await stage.all(*(stage.call(str(n), reply=True) for n in range(100, 110)))
        assert moments == pytest.approx([n / 10 for n in range(1, 11)], abs=1e-3)
        await waiting

    play(CHANNELS, scene)


@pytest.mark.parametrize("chats", [("@a", "@a", "@a"), ("@a", "@b", "@c")], ids=["in one chat", "in several"])
def test_readers_go_first_come_first_served(chats: tuple[str, ...]) -> None:
    async def scene(stage: Scene) -> None:
        calls = zip(chats, (1, 5, 3), strict=True)
        await stage.all(*(stage.call(chat, left=left, reply=True, name=str(left)) for chat, left in calls))
        assert stage.order == ["1", "5", "3"]

    play(CHANNELS, scene)


def crowd(stage: Scene, size: int) -> list[asyncio.Task[float]]:
    """Issues with much left in so many channels, each with two calls that wait by now."""
    channels = [f"@c{n}" for n in range(size)]
    return [asyncio.create_task(stage.call(chat, left=9, name="issue")) for chat in [*channels, *channels]]


def test_a_reply_goes_as_soon_as_its_group_is_free_whatever_else_waits() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("@a")
        others = crowd(stage, 40)
        assert await stage.call("@a", reply=True) == pytest.approx(2.0, abs=0.11)
        await asyncio.gather(*others)

    play(CHANNELS, scene)


def test_a_reply_overtakes_calls_that_were_put_off_before() -> None:
    async def scene(stage: Scene) -> None:
        others = crowd(stage, 20)
        await stage.clock.sleep(2.55)
        assert await stage.call("1", reply=True) == pytest.approx(2.6, abs=1e-2)
        await asyncio.gather(*others)

    play(CHANNELS, scene)


def test_a_reply_overtakes_calls_that_a_429_has_kept_back() -> None:
    async def scene(stage: Scene) -> None:
        others = crowd(stage, 10)
        await stage.clock.sleep(1.05)
        stage.limiter.refused("p", 5.0)
        await stage.clock.sleep(2.0)
        assert await stage.call("1", reply=True) == pytest.approx(6.05 + GRACE, abs=1e-2)
        await asyncio.gather(*others)

    play(CHANNELS, scene)


LANDING = Platform(10.0, Pace(0.5), FREE, items=True, peak=6, reserve=5.0)
"""An album of six is all that a second takes."""


def test_a_reply_that_waits_for_a_second_to_be_over_keeps_its_place() -> None:
    async def scene(stage: Scene) -> None:
        await stage.clock.sleep(60)
        await stage.call("1", 6)
        await stage.all(stage.call("@a", 6, left=9), stage.call("2", 1, reply=True), stage.call("@b", 6, left=9))
        assert stage.order[1] == "2"

    play(LANDING, scene)


def test_a_reply_overtakes_an_album_that_waits_for_a_second_to_be_over() -> None:
    async def scene(stage: Scene) -> None:
        await stage.clock.sleep(60)
        await stage.call("1", 6)
        album = asyncio.create_task(stage.call("@a", 6, left=9))
        await stage.clock.sleep(0.5)
        await stage.call("2", reply=True)
        await album
        assert stage.order == ["1", "2", "@a"]

    play(LANDING, scene)


def test_in_its_own_chat_a_reply_goes_before_an_issue_even_beyond_its_reserve() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("1", reply=True)
        await stage.call("@a")
        issue = asyncio.create_task(stage.call("@a", left=9, name="issue"))
        await stage.clock.sleep(1.0)
        await stage.call("@a", reply=True, name="reply")
        await issue
        assert stage.order == ["1", "@a", "reply", "issue"]

    play(replace(CHANNELS, reserve=0.1), scene)


def test_replies_and_an_issue_take_turns_in_a_chat() -> None:
    async def scene(stage: Scene) -> None:
        replies = [stage.call("@a", reply=True, name="reply") for _ in range(4)]
        await stage.all(*replies, *(stage.call("@a", name="issue") for _ in range(2)))
        assert stage.order == ["reply", "issue", "reply", "issue", "reply", "reply"]

    play(CHANNELS, scene)


def test_replies_elsewhere_do_not_wait_for_a_group_that_is_busy() -> None:
    async def scene(stage: Scene) -> None:
        moments = await stage.all(*(stage.call(chat, reply=True) for chat in ("@a", "@a", "@b", "1")))
        assert moments == pytest.approx([0.0, 2.0, 0.1, 0.2], abs=1e-3)

    play(CHANNELS, scene)


def test_a_reply_with_a_window_of_its_own_neither_waits_nor_makes_wait() -> None:
    async def scene(stage: Scene) -> None:
        moments = await stage.all(
            stage.call("@a"), stage.call("@a", reply=True), stage.call("@a", reply=True), stage.call("@a")
        )
        assert moments[0] == pytest.approx(0.1, abs=1e-3)
        assert max(moments[1:3]) == pytest.approx(0.2, abs=1e-3)
        assert moments[3] == pytest.approx(2.1, abs=1e-3), "the issue's own calls keep their distance"

    play(Platform(10.0, Pace(2.0), FREE, apart=True), scene)


# ── given up ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("later", "goes"), [(0.0, 0.1), (0.5, 0.55)], ids=["who comes then", "who comes later"])
@pytest.mark.parametrize("reply", [False, True], ids=["an issue", "a reply"])
def test_what_is_given_up_takes_nothing_from_others(reply: bool, later: float, goes: float) -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("1")
        given_up = [asyncio.create_task(stage.call(str(n), left=9, reply=reply)) for n in range(2, 9)]
        await stage.clock.sleep(0.05)
        for task in given_up:
            task.cancel()
        await asyncio.wait(given_up)
        assert all(task.cancelled() for task in given_up), "and who gave up is told"
        await stage.clock.sleep(later)
        assert await stage.call("10") == pytest.approx(goes, abs=1e-3)

    play(PLAIN, scene)


def test_what_stands_behind_a_call_that_was_given_up_waits_for_no_other_chat() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("@a")
        put_off = asyncio.create_task(stage.call("@a", left=9))
        given_up, behind = asyncio.create_task(stage.call("1")), asyncio.create_task(stage.call("2"))
        await stage.clock.sleep(0.05)
        given_up.cancel()
        assert await behind == pytest.approx(0.1, abs=1e-3)
        assert await put_off == pytest.approx(2.0, abs=1e-3)

    play(CHANNELS, scene)


def test_one_that_waits_behind_another_may_give_up_too() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("@a")
        first, second, third = (asyncio.create_task(stage.call("@a", name=name)) for name in ("b", "c", "d"))
        await stage.clock.sleep(0.5)
        second.cancel()
        await asyncio.wait({first, second, third})
        assert stage.order == ["@a", "b", "d"]
        assert [moment for _, moment in stage.went] == pytest.approx([0.0, 2.0, 4.0], abs=1e-3)

    play(CHANNELS, scene)


def test_when_nobody_waits_nothing_runs_on() -> None:
    async def scene(stage: Scene) -> None:
        given_up = asyncio.create_task(stage.call("@a", 1))
        await stage.all(stage.call("@a"), stage.call("1", reply=True))
        await stage.clock.sleep(10)
        assert given_up.done()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    play(CHANNELS, scene)

"""The documented windows as the server counts them, on a virtual clock; the most work left goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bots.limiter import GRACE, Limiter
from bots.pacing import PLATFORMS, Load, Pace, Platform, estimate
from tests.virtual import VirtualClock, run

TELEGRAM = PLATFORMS["telegram"]


@dataclass(frozen=True, slots=True)
class Call:
    chat: str
    weight: int
    at: float


@dataclass(frozen=True, slots=True)
class Work:
    """Calls one destination makes, each after the answer to the one before."""

    chat: str
    weights: tuple[int, ...]
    platform: str = "telegram"


def serve(works: Sequence[Work], platforms: dict[str, Platform] | None = None, answer: float = 0.0) -> list[Call]:
    """All calls in the order they were let through; `answer` is how long the platform takes."""

    async def world() -> list[Call]:
        clock = VirtualClock()
        limiter = Limiter(clock, platforms or PLATFORMS)
        calls: list[Call] = []

        async def one(work: Work) -> None:
            for index, weight in enumerate(work.weights):
                await limiter.acquire(work.platform, work.chat, weight, left=len(work.weights) - index)
                calls.append(Call(work.chat, weight, clock.monotonic()))
                await clock.sleep(answer)

        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(one(work))
        return calls

    return run(world())


def most_within(calls: Sequence[Call], window: float) -> int:
    """The most messages any stretch of `window` seconds holds, its end excluded."""
    return max((sum(c.weight for c in calls if start.at <= c.at < start.at + window) for start in calls), default=0)


WINDOWS = [
    # what, work, chat counted ("" for all), window in seconds, most messages the platform takes in it
    ("a channel gets at most 20 a minute", [Work("@news", (1,) * 60)], "@news", 60, 20),
    ("a group by number too", [Work("-100123", (1,) * 60)], "-100123", 60, 20),
    ("a chat gets at most one a second", [Work("@news", (1,) * 30)], "@news", 1, 1),
    ("a private chat gets at most one a second", [Work("42", (1,) * 30)], "42", 1, 1),
    ("an album counts its pictures", [Work("@news", (6,) * 12)], "@news", 60, 20),
    ("all chats together get at most 30 a second", [Work(str(n), (1, 1)) for n in range(1, 100)], "", 1, 30),
    ("a Discord channel gets 5 in 5 s", [Work("7", (1,) * 40, "discord")], "7", 5, 5),
    ("Discord gets at most 50 a second", [Work(str(n), (1, 1), "discord") for n in range(1, 100)], "", 1, 50),
]


@pytest.mark.parametrize(("work", "chat", "window", "most"), [row[1:] for row in WINDOWS], ids=[r[0] for r in WINDOWS])
def test_no_window_is_exceeded(work: list[Work], chat: str, window: float, most: int) -> None:
    calls = [call for call in serve(work) if chat in ("", call.chat)]
    assert sum(call.weight for call in calls) == sum(sum(one.weights) for one in work)
    assert most_within(calls, window) <= most


def test_the_destination_with_the_most_work_left_goes_first() -> None:
    calls = serve([*(Work(str(n), (1,)) for n in range(1, 40)), Work("@long", (1,) * 5)])
    # A single file would serve all private chats first; the long destination is what the end depends on.
    assert calls[0].chat == "@long"
    assert calls[-1].at < 4 * 1.05 + 0.2


def test_after_a_429_the_whole_token_stands_still_and_then_goes_slower() -> None:
    async def world() -> tuple[float, float]:
        clock = VirtualClock()
        limiter = Limiter(clock)
        await limiter.acquire("telegram", "1")
        limiter.refused("telegram", 30)
        await limiter.acquire("telegram", "2")
        resumed = clock.monotonic()
        await limiter.acquire("telegram", "3")
        return resumed, clock.monotonic() - resumed

    resumed, gap = run(world())
    assert resumed >= 30 + GRACE
    assert 1.7 / TELEGRAM.rate < gap <= 2 / TELEGRAM.rate + 1e-3


def test_a_429_reaches_calls_that_wait_already() -> None:
    async def world() -> float:
        clock = VirtualClock()
        limiter = Limiter(clock)
        await limiter.acquire("telegram", "@news")
        waiting = asyncio.create_task(limiter.acquire("telegram", "@news"))
        await clock.sleep(0.5)
        limiter.refused("telegram", 10)
        await waiting
        return clock.monotonic()

    assert run(world()) >= 10.5 + GRACE


def test_the_full_rate_comes_back_by_a_tenth_a_minute() -> None:
    async def world() -> float:
        clock = VirtualClock()
        limiter = Limiter(clock)
        limiter.refused("telegram", 0)
        await clock.sleep(5 * 60)
        await limiter.acquire("telegram", "1")
        began = clock.monotonic()
        await limiter.acquire("telegram", "2")
        return clock.monotonic() - began

    assert run(world()) == pytest.approx(1 / TELEGRAM.rate, rel=0.01)


def test_a_call_that_is_given_up_leaves_the_queue() -> None:
    async def world() -> float:
        clock = VirtualClock()
        limiter = Limiter(clock)
        await limiter.acquire("telegram", "@news")
        given_up = asyncio.create_task(limiter.acquire("telegram", "@news", left=9))
        await clock.sleep(0.1)
        given_up.cancel()
        await limiter.acquire("telegram", "@news")
        return clock.monotonic()

    assert run(world()) == pytest.approx(1.05, abs=0.01)


def test_what_stood_behind_a_call_that_is_given_up_moves_on_at_once() -> None:
    async def world() -> float:
        clock = VirtualClock()
        limiter = Limiter(clock)
        await limiter.acquire("telegram", "@news", 10)
        album = asyncio.create_task(limiter.acquire("telegram", "@news", 10))
        behind = asyncio.create_task(limiter.acquire("telegram", "@news"))
        await clock.sleep(20)
        assert not behind.done(), "they keep their order"
        album.cancel()
        await behind
        return clock.monotonic()

    assert run(world()) == pytest.approx(20, abs=0.01)


def test_an_album_larger_than_the_window_goes_alone() -> None:
    narrow = {"telegram": Platform(25.0, Pace(0.0, 4, 60.0), Pace(0.0), items=True)}
    calls = serve([Work("@news", (10, 1))], narrow)
    assert [round(call.at) for call in calls] == [0, 60]


ESTIMATES = [
    ("nothing to do", [], 0.0),
    ("one message", [Load("telegram", "@a", (1,) * 1)], 0.0),
    ("a channel within its first minute", [Load("telegram", "@a", (1,) * 12)], 11 * 1.05),
    ("a channel with more than a minute holds", [Load("telegram", "@a", (1,) * 19)], 60.0),
    ("private chats are bound by the token", [Load("telegram", str(n), (1,) * 1) for n in range(1, 252)], 10.0),
    ("platforms run side by side", [Load("telegram", "@a", (1,) * 12), Load("discord", "7", (1,) * 11)], 11 * 1.05),
]


@pytest.mark.parametrize(("loads", "seconds"), [row[1:] for row in ESTIMATES], ids=[row[0] for row in ESTIMATES])
def test_estimate(loads: list[Load], seconds: float) -> None:
    assert estimate(loads) == pytest.approx(seconds)

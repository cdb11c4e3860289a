"""An issue goes out as fast as the configured rates allow, replies get through meanwhile, and no server ever says 429.

The servers count their documented windows themselves, by arrivals (`tests.pacing_world`). Time is virtual.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.errors import ChatClosed
from bots.limiter import GRACE, Limiter
from bots.pacing import PLATFORMS, Pace, Platform
from bots.publisher import Crew
from tests.pacing_world import ANSWER, CALLS, CORRECTED, ISSUE, Crowd, Server, Window, Work, bound, drive, places
from tests.virtual import VirtualClock, run

TELEGRAM, DISCORD = PLATFORMS["telegram"], PLATFORMS["discord"]


# ── issues ───────────────────────────────────────────────────────────────────────────────────────────────────────────


SIZES = [5, 50, *(pytest.param(n, marks=pytest.mark.soak) for n in (500, 5000))]


@pytest.mark.parametrize("size", SIZES)
def test_an_issue_is_out_within_3_percent_of_the_bound(tmp_path: Path, size: int) -> None:
    world = Crowd(tmp_path, size)
    expected = world.planned(ISSUE).seconds
    assert all(report.ok for report in world.publish(ISSUE, yes=True).values())
    least = bound(world.works())
    print(f"{size} destinations: {world.seconds:.2f} s, bound {least:.2f} s, announced {expected:.2f} s")
    assert world.refused == 0
    assert world.seconds <= 1.03 * least
    assert expected == pytest.approx(world.seconds - ANSWER, rel=0.05)
    world.ledger.close()


def test_edits_and_deletions_are_calls_too(tmp_path: Path) -> None:
    world = Crowd(tmp_path, 10)
    world.publish(ISSUE)
    world.works()
    world.rest()
    expected = world.planned(CORRECTED).seconds
    assert all(report.ok for report in world.publish(CORRECTED, yes=True).values())
    works = world.works()
    assert {len(work.weights) for work in works} == {4}
    assert world.refused == 0
    # So short a run begins with everybody at once, which the bound does not know.
    assert world.seconds <= 1.03 * bound(works) + len(works) / TELEGRAM.rate
    assert expected == pytest.approx(world.seconds - ANSWER, abs=len(works) / TELEGRAM.rate)
    world.ledger.close()


@pytest.mark.parametrize(("size", "slowest"), [(10, 0.6), (30, 0.1)], ids=["a few, slowly", "many, unevenly"])
def test_calls_that_take_their_time_break_no_window(tmp_path: Path, size: int, slowest: float) -> None:
    world = Crowd(tmp_path, size, slowest)
    assert all(report.ok for report in world.publish(ISSUE, yes=True).values())
    assert world.refused == 0
    world.ledger.close()


def test_an_issue_reaches_5000_destinations_within_3_percent_of_the_bound() -> None:
    works = [Work(one.platform, one.chat, CALLS[one.platform]) for one in places(5000)]

    async def world() -> None:
        clock = VirtualClock()
        outcome = await drive(works, Limiter(clock), clock)
        assert outcome.refused == 0
        assert outcome.seconds <= 1.03 * bound(works)

    run(world())


SLOWER = {
    "telegram": replace(TELEGRAM, rate=10.0, reserve=2.0, chat=Pace(3.0, 10, 60.0), private=Pace(2.0)),
    "discord": replace(DISCORD, rate=5.0, reserve=1.0, chat=Pace(1.0, 3, 5.0), private=Pace(1.0, 3, 5.0)),
}


@pytest.mark.parametrize("size", [5, 100])
def test_configured_rates_are_kept_and_used(size: int) -> None:
    works = [Work(one.platform, one.chat, (1,) * 13) for one in places(size)]

    async def world() -> None:
        clock = VirtualClock()
        outcome = await drive(works, Limiter(clock, SLOWER), clock)
        assert outcome.seconds <= 1.03 * bound(works, ANSWER, SLOWER)
        assert all(b - a >= 0.1 - 0.01 for a, b in pairwise(outcome.arrivals["telegram"]))

    run(world())


def test_albums_do_not_add_up_to_more_than_a_second_takes() -> None:
    singles = [Work("telegram", str(n), (1,) * 10) for n in range(1, 200)]
    albums = [Work("telegram", str(n), (1, 10, 1)) for n in range(1000, 1050)]

    async def world() -> None:
        clock = VirtualClock()
        outcome = await drive([*singles, *albums], Limiter(clock), clock)
        assert outcome.refused == 0
        assert outcome.seconds <= 1.03 * bound([*singles, *albums])

    run(world())


# ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def replies(limiter: Limiter, clock: VirtualClock, platform: str, chats: Sequence[str]) -> list[float]:
    """Seconds that each reply waited; all are asked for at once."""
    began = clock.monotonic()

    async def one(chat: str) -> float:
        await limiter.acquire(platform, chat, reply=True)
        return clock.monotonic() - began

    return list(await asyncio.gather(*(one(chat) for chat in chats)))


@pytest.mark.parametrize("platform", list(PLATFORMS))
def test_a_flood_of_replies_gets_through_while_an_issue_keeps_its_pace(platform: str) -> None:
    readers = [str(n) for n in range(10**6, 10**6 + 200)]
    works = [Work(platform, str(n), (1,) * 12) for n in range(1, 1000)]
    budget = PLATFORMS[platform]

    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock)
        outcome, waited = await asyncio.gather(drive(works, limiter, clock), replies(limiter, clock, platform, readers))
        assert max(waited) <= 70
        # Not sooner either: the issue has what the reserve leaves it all the time that replies wait.
        assert max(waited) >= 199 / budget.reserve - 2
        arrivals = outcome.arrivals[platform]
        for second in range(0, int(max(waited)) - 10, 10):
            share = sum(second <= arrival < second + 10 for arrival in arrivals)
            assert share >= 10 * (budget.rate - budget.reserve) - 5
        assert outcome.seconds <= 1.03 * (12 * 999 + 200) / budget.rate + ANSWER

    run(world())


def test_one_reply_does_not_wait_for_an_issue() -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock)
        issue = asyncio.create_task(drive([Work("telegram", str(n), (1,) * 9) for n in range(1, 500)], limiter, clock))
        await clock.sleep(30)
        assert max(await replies(limiter, clock, "telegram", ["7000", "7001"])) <= 2 / TELEGRAM.rate + 0.01
        await issue

    run(world())


def test_replies_alone_use_the_whole_rate() -> None:
    async def world() -> None:
        clock = VirtualClock()
        waited = await replies(Limiter(clock), clock, "telegram", [str(n) for n in range(1, 201)])
        assert max(waited) <= 200 / TELEGRAM.rate

    run(world())


def test_readers_who_flood_one_group_do_not_keep_an_issue_out_of_it() -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock)
        flood = asyncio.create_task(replies(limiter, clock, "telegram", ["@talk"] * 60))
        outcome = await drive([Work("telegram", "@talk", (1,) * 8)], limiter, clock)
        assert outcome.seconds <= 2 * 8 * 1.05 + ANSWER + 1.05
        await flood
        assert clock.monotonic() >= 3 * 60

    run(world())


def test_replies_on_discord_take_nothing_from_an_issue_in_the_same_channel() -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter, work = Limiter(clock), Work("discord", "1", (1,) * 20)
        outcome, waited = await asyncio.gather(
            drive([work], limiter, clock), replies(limiter, clock, "discord", ["1"] * 200)
        )
        assert outcome.seconds <= 1.03 * bound([work])
        assert max(waited) <= 220 / DISCORD.rate
        assert limiter._gates["discord"]._chats.keys() == {"1"}, "nothing is kept of those who were answered"

    run(world())


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_429_nothing_at_all_is_sent_for_as_long_as_it_says(tmp_path: Path) -> None:
    """Two calls are refused for minutes, from different chats; sends, edits and deletions wait in all of them."""
    world = Crowd(tmp_path, 10)
    for issue, nth in ((ISSUE, 5), (CORRECTED, 3)):
        world.rest()
        world.telegram.server.refusals = {nth: 180.0, nth + 1: 200.0}
        assert all(report.ok for report in world.publish(issue, yes=True).values())
        quiet = max(pairwise(world.telegram.server.arrivals), key=lambda pair: pair[1] - pair[0])
        assert quiet[1] - quiet[0] >= 200 + GRACE - ANSWER
        assert world.refused == 2, "those that were under way when the first was refused count as one"
    world.ledger.close()


def test_refusals_of_calls_under_way_slow_the_token_once() -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock)
        for _ in range(5):
            limiter.refused("telegram", 10)
            await clock.sleep(1)
        await limiter.acquire("telegram", "1")
        assert clock.monotonic() == pytest.approx(14 + GRACE, abs=0.01)
        began = clock.monotonic()
        await limiter.acquire("telegram", "2", reply=True)
        assert 1.5 / TELEGRAM.rate < clock.monotonic() - began <= 2 / TELEGRAM.rate + 1e-3

    run(world())


def test_500_refusals_in_ten_minutes_stop_discord_until_they_are_over() -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock)
        for nth in range(500):
            await limiter.acquire("discord", str(nth))
            await clock.sleep(0.5)
            assert clock.monotonic() < 300
            limiter.invalid("discord")
            limiter.invalid("telegram")
        await limiter.acquire("telegram", "1")
        assert clock.monotonic() < 300, "nobody counts them there"
        await limiter.acquire("discord", "1")
        assert clock.monotonic() == pytest.approx(600.5, abs=0.1)
        began = clock.monotonic()
        await limiter.acquire("discord", "2")
        assert clock.monotonic() - began <= 1 / DISCORD.rate + 1e-3, "this alone makes nothing slower"

    run(world())


def test_fewer_refusals_stop_nothing() -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock)
        for _ in range(3):
            for _ in range(499):
                limiter.invalid("discord")
            await clock.sleep(601)
        await limiter.acquire("discord", "1")
        assert clock.monotonic() == pytest.approx(3 * 601)

    run(world())


CODES = [
    # what Discord answered, whether it counts
    ("403 50013 Missing Permissions", True),
    ("401", True),
    ("429", True),
    ("404 10003 Unknown Channel", False),
]


@pytest.mark.parametrize(("code", "counts"), CODES, ids=[row[0] for row in CODES])
def test_a_publisher_reports_refused_calls(tmp_path: Path, code: str, counts: bool) -> None:
    class Strict(Crowd):
        def crew(self) -> Crew:
            strict = {**PLATFORMS, "discord": replace(DISCORD, rate=1.0, reserve=0.1, invalid=3)}
            return replace(super().crew(), limiter=Limiter(self.clock, strict))

    world = Strict(tmp_path, 25)
    world.destinations = world.destinations[4::5]
    world.discord.refusing = {"send": ChatClosed("No.", code=code)}
    world.publish(ISSUE, yes=True)
    gaps = [b - a for a, b in pairwise(world.discord.server.arrivals)]
    assert len(gaps) == 4, "each of the five channels is tried"
    assert (max(gaps) > 590) is counts
    world.ledger.close()


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


NARROW = replace(TELEGRAM, chat=Pace(1.05, 4, 30.0))
CHATS = ["@a", "-5", "7", "8", "9"]


@settings(max_examples=80, deadline=None)
@given(
    loads=st.dictionaries(st.sampled_from(CHATS), st.lists(st.integers(1, 10), min_size=1, max_size=15), min_size=1),
    asked=st.lists(st.tuples(st.floats(0, 40), st.sampled_from([*CHATS, "10"])), max_size=25),
    refusals=st.dictionaries(st.integers(1, 60), st.floats(0.1, 300), max_size=4),
    budget=st.sampled_from([TELEGRAM, NARROW]),
    answer=st.floats(0, 3),
)
def test_whatever_comes_every_window_holds_and_everybody_gets_through_in_order(
    loads: Mapping[str, Sequence[int]],
    asked: Sequence[tuple[float, str]],
    refusals: Mapping[int, float],
    budget: Platform,
    answer: float,
) -> None:
    async def world() -> None:
        clock = VirtualClock()
        limiter = Limiter(clock, {"telegram": budget})
        server = Server("telegram")
        server.refusals = dict(refusals)
        narrow = {chat: Window(4, 30.0) for chat in CHATS if not chat.isdecimal()}
        order: defaultdict[tuple[str, bool], list[int]] = defaultdict(list)
        came = count()

        async def call(chat: str, weight: int, number: int, *, left: int = 0, reply: bool = False) -> None:
            while True:
                await limiter.acquire("telegram", chat, weight, left=left, reply=reply)
                if budget is NARROW and chat in narrow:
                    assert narrow[chat].wait(clock.monotonic(), weight) == 0
                    narrow[chat].take(clock.monotonic(), weight)
                wait = server.arrived(chat, weight, clock.monotonic())
                if wait == 0:
                    break
                limiter.refused("telegram", wait)
            order[chat, reply].append(number)

        async def issue(chat: str, weights: Sequence[int]) -> None:
            for number, weight in enumerate(weights):
                await call(chat, weight, number, left=len(weights) - number)
                await clock.sleep(answer)

        async def reader(at: float, chat: str) -> None:
            await clock.sleep(at)
            await call(chat, 1, next(came), reply=True)

        async with asyncio.TaskGroup() as group:
            for chat, weights in loads.items():
                group.create_task(issue(chat, weights))
            for at, chat in asked:
                group.create_task(reader(at, chat))

        assert server.refused == len([nth for nth in refusals if nth <= server.calls]), "no window was exceeded"
        assert sum(map(len, order.values())) == sum(map(len, loads.values())) + len(asked)
        if not refusals:  # a refused reply stands in line anew
            assert all(numbers == sorted(numbers) for numbers in order.values())

    run(world())

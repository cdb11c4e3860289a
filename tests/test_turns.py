"""Whose turn it is, and when: stops, shares, late answers, replies, albums; on a virtual clock, with plain figures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from bots.limiter import GRACE, INVALID, LATE, QUICK, REGAIN, SLOWEST, STRANGE, Limiter
from bots.pacing import SECOND, SLACK, Pace, Platform
from tests.turns import FREE, PLAIN, Scene, play
from tests.virtual import VirtualClock, run

SPACED = Platform(10.0, Pace(2.0), Pace(2.0), items=True)


# ── what counts, and as how much ─────────────────────────────────────────────────────────────────────────────────────


TWO = [
    # what, platform, two calls as (chat, weight), seconds between them
    ("capitals make no other chat", SPACED, [("@News", 1), ("@news", 1)], 2.0),
    ("other chats go at the token's pace", SPACED, [("@news", 1), ("@olds", 1)], 0.1),
    ("an album counts its pictures", SPACED, [("1", 3), ("1", 1)], 6.0),
    ("a call without pictures counts one", SPACED, [("1", 0), ("1", 1)], 2.0),
    ("an album is one call elsewhere", Platform(10.0, Pace(2.0), Pace(2.0)), [("1", 3), ("1", 1)], 2.0),
]


@pytest.mark.parametrize(("platform", "calls", "seconds"), [row[1:] for row in TWO], ids=[row[0] for row in TWO])
def test_what_two_calls_are_apart(platform: Platform, calls: Sequence[tuple[str, int]], seconds: float) -> None:
    async def scene(stage: Scene) -> None:
        (first, second) = [await stage.call(chat, weight) for chat, weight in calls]
        assert first == pytest.approx(0.0, abs=1e-3)
        assert second - first == pytest.approx(seconds, abs=1e-3)

    play(platform, scene)


WINDOWED = Platform(10.0, Pace(1.0, 5, 5.0), FREE, items=True, peak=5)


@pytest.mark.parametrize("platform", [PLAIN, SPACED, WINDOWED], ids=["a rate", "a distance", "windows"])
def test_a_call_that_nothing_holds_up_leaves_without_any_delay(platform: Platform) -> None:
    async def scene(stage: Scene) -> None:
        assert await stage.call("@news") == 0.0

    play(platform, scene)


def test_calls_that_come_together_leave_evenly() -> None:
    async def scene(stage: Scene) -> None:
        moments = await stage.all(*(stage.call(str(n)) for n in range(1, 8)))
        assert moments == pytest.approx([n / 10 for n in range(7)], abs=1e-3)

    play(PLAIN, scene)


def test_an_idle_minute_saves_nothing_up() -> None:
    async def scene(stage: Scene) -> None:
        await stage.call("1")
        await stage.clock.sleep(60)
        assert await stage.distance() == pytest.approx(0.1, abs=1e-3)

    play(PLAIN, scene)


class Sleepy(VirtualClock):
    """Wakes a little late, as a busy loop does."""

    def __init__(self, late: float) -> None:
        super().__init__()
        self._late = late

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self._late)


def test_waking_a_little_late_makes_a_hundred_calls_no_slower() -> None:
    async def scene(stage: Scene) -> None:
        moments = await stage.all(*(stage.call(str(n)) for n in range(1, 102)))
        assert moments[-1] == pytest.approx(10.0, abs=2 * LATE)

    play(PLAIN, scene, Sleepy(LATE / 2))


def test_waking_very_late_is_not_made_up_for_by_calls_too_close_together() -> None:
    async def scene(stage: Scene) -> None:
        moments = await stage.all(*(stage.call(str(n)) for n in range(1, 20)))
        assert min(b - a for a, b in pairwise(moments)) >= 0.1

    play(PLAIN, scene, Sleepy(LATE * 3))


ALBUMS = [
    # what, platform, pictures of albums for as many chats, when they go
    (
        "a second's worth goes at once and is then made up for",
        Platform(10.0, FREE, FREE, items=True),
        [5] * 6,
        [0.0, 0.1, 0.2, 0.5, 1.0, 1.5],
    ),
    ("single messages never need to", Platform(10.0, FREE, FREE, items=True), [1] * 4, [0.0, 0.1, 0.2, 0.3]),
    (
        "no more than a second takes lands at once",
        Platform(100.0, FREE, FREE, items=True, peak=6),
        [3] * 5,
        [0.0, 0.01, SECOND, SECOND + 0.01, 2 * SECOND],
    ),
]


@pytest.mark.parametrize(("platform", "pictures", "moments"), [r[1:] for r in ALBUMS], ids=[r[0] for r in ALBUMS])
def test_albums(platform: Platform, pictures: Sequence[int], moments: Sequence[float]) -> None:
    async def scene(stage: Scene) -> None:
        for _ in range(2):  # an idle hour saves no more up than an idle second
            await stage.clock.sleep(3600)
            began = stage.clock.monotonic()
            went = await stage.all(*(stage.call(str(n), weight) for n, weight in enumerate(pictures)))
            assert [moment - began for moment in went] == pytest.approx(moments, abs=1e-3)

    play(platform, scene)


# ── 429 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


STOPS = [
    # what, refusals as (moment, seconds), when the next call goes
    ("nobody calls before it is over", [(0.0, 10.0)], 10.0 + GRACE),
    ("a shorter one does not cut it short", [(0.0, 10.0), (1.0, 2.0)], 10.0 + GRACE),
    ("a later one prolongs it", [(0.0, 10.0), (5.0, 10.0)], 15.0 + GRACE),
    ("one that names no time is a moment all the same", [(0.0, 0.0)], GRACE),
]


@pytest.mark.parametrize(("refusals", "goes"), [row[1:] for row in STOPS], ids=[row[0] for row in STOPS])
def test_a_429_stops_the_token(refusals: Sequence[tuple[float, float]], goes: float) -> None:
    async def scene(stage: Scene) -> None:
        for moment, seconds in refusals:
            await stage.clock.sleep(moment - stage.clock.monotonic())
            stage.limiter.refused("p", seconds)
        assert await stage.call("1") == pytest.approx(goes, abs=1e-3)

    play(PLAIN, scene)


def test_each_429_halves_the_rate_down_to_a_sixteenth() -> None:
    async def scene(stage: Scene) -> None:
        for share in (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16):
            stage.limiter.refused("p", 0.0)
            assert await stage.distance() == pytest.approx(0.1 / share, rel=0.05)
        assert SLOWEST == 1 / 16

    play(PLAIN, scene)


REGAINED = [(0.0, 0.5), (60.0, 0.6), (180.0, 0.8), (300.0, 1.0), (3600.0, 1.0)]


@pytest.mark.parametrize(("seconds", "share"), REGAINED)
def test_a_tenth_a_minute_comes_back_from_the_end_of_the_stop(seconds: float, share: float) -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 1000.0)
        await stage.clock.sleep(1000.0 + GRACE + seconds)
        assert await stage.distance() == pytest.approx(0.1 / share, rel=1e-3)
        assert pytest.approx(0.1) == REGAIN * 60

    play(PLAIN, scene)


def test_a_429_while_the_rate_recovers_halves_what_it_has_come_to() -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 0.0)
        await stage.clock.sleep(GRACE + 180)
        stage.limiter.refused("p", 0.0)
        assert await stage.distance() == pytest.approx(0.1 / 0.4, rel=1e-3)

    play(PLAIN, scene)


def test_after_a_429_a_chats_window_is_narrower_too() -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 0.0)
        moments = await stage.all(*(stage.call("1") for _ in range(3)))
        assert [moment - moments[0] for moment in moments] == pytest.approx([0.0, 0.2, 10.0], abs=1e-2)

    play(Platform(10.0, FREE, Pace(0.0, 4, 10.0)), scene)


def test_after_a_429_a_chats_distances_grow_too() -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 0.0)
        moments = await stage.all(stage.call("1"), stage.call("1"))
        assert moments[1] - moments[0] == pytest.approx(4.0, abs=1e-2)

    play(SPACED, scene)


def test_after_a_429_fewer_pictures_land_in_a_second() -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 0.0)
        moments = await stage.all(*(stage.call(str(n), 3) for n in (1, 2, 3)))
        assert moments[1] - moments[0] >= SECOND

    play(Platform(10.0, FREE, FREE, items=True, peak=6), scene)


def test_one_platforms_429_is_no_other_platforms() -> None:
    async def world() -> float:
        clock = VirtualClock()
        limiter = Limiter(clock, {"one": PLAIN, "two": PLAIN})
        limiter.refused("one", 100.0)
        await limiter.acquire("two", "1")
        return clock.monotonic()

    assert run(world()) < 1


# ── refusals that count towards a ban ────────────────────────────────────────────────────────────────────────────────


COUNTING = Platform(10.0, FREE, FREE, invalid=3)
BANS = [
    # what, moments of the refusals, when a call at the end of them goes
    ("fewer stop nothing", [0.0, 10.0], 10.0),
    ("the last that is allowed waits until the first is ten minutes old", [0.0, 10.0, 20.0], INVALID),
    ("older ones no longer count", [0.0, 10.0, 601.0], 601.0),
    ("the last few count, whatever was before", [0.0, 400.0, 601.0, 620.0], 400.0 + INVALID),
]


@pytest.mark.parametrize(("moments", "goes"), [row[1:] for row in BANS], ids=[row[0] for row in BANS])
def test_refusals_of_ten_minutes_are_counted(moments: Sequence[float], goes: float) -> None:
    async def scene(stage: Scene) -> None:
        for moment in moments:
            await stage.clock.sleep(moment - stage.clock.monotonic())
            stage.limiter.invalid("p")
        assert await stage.call("1") == pytest.approx(goes, abs=1e-3)

    play(COUNTING, scene)


def test_where_nobody_counts_refusals_they_stop_nothing() -> None:
    async def scene(stage: Scene) -> None:
        for _ in range(1000):
            stage.limiter.invalid("p")
        assert await stage.call("1") < 1

    play(PLAIN, scene)


def test_a_429_does_not_end_the_stop_that_too_many_refusals_made() -> None:
    async def scene(stage: Scene) -> None:
        for _ in range(3):
            stage.limiter.invalid("p")
        stage.limiter.refused("p", 5.0)
        assert await stage.call("1") == pytest.approx(INVALID, abs=1e-3)
        assert await stage.distance() < 0.11, "by then the rate has recovered"

    play(COUNTING, scene)


def test_a_stop_reaches_those_who_wait_already() -> None:
    async def scene(stage: Scene) -> None:
        waiting = asyncio.gather(stage.call("1"), stage.call("2"))
        await stage.clock.sleep(0.05)
        for _ in range(3):
            stage.limiter.invalid("p")
        assert (await waiting)[1] == pytest.approx(0.05 + INVALID, abs=1e-3)

    play(COUNTING, scene)


# ── answers that take long ───────────────────────────────────────────────────────────────────────────────────────────


TIMED = Platform(10.0, Pace(2.0), Pace(2.0), timed=True)


async def answers(stage: Scene, seconds: Sequence[float]) -> list[float]:
    """The distances of a chat's calls, each made as soon as it may be; so long the platform took for each."""
    moments = []
    for took in seconds:
        turn = await stage.limiter.acquire("p", "1")
        moments.append(stage.clock.monotonic())
        await stage.clock.sleep(took)
        turn.answered()
    moments.append(await stage.call("1"))
    return [b - a for a, b in pairwise(moments)]


SLOW = 1.5
ANSWERED = [
    # what, platform, seconds that the answers took, distances of the calls
    ("quick answers change nothing", TIMED, [0.05, 0.05], [2.0, 2.0]),
    ("what takes long arrived late", TIMED, [QUICK, SLOW], [2.0, SLOW - QUICK + 2 / SLACK]),
    ("late is what the quickest did not take", TIMED, [0.02, SLOW], [2.0, SLOW - 0.02 + 2 / SLACK]),
    ("a little late is late too", TIMED, [QUICK, QUICK + 0.3], [2.0, 0.3 + 2 / SLACK]),
    ("a first answer that takes long is late", TIMED, [SLOW], [SLOW - QUICK + 2 / SLACK]),
    ("slow ones are strange", TIMED, [SLOW] * STRANGE, [SLOW - QUICK + 2 / SLACK] * STRANGE),
    (
        "until that is how long they take",
        TIMED,
        [SLOW] * (STRANGE + 2),
        [*[SLOW - QUICK + 2 / SLACK] * STRANGE, 2.0, 2.0],
    ),
    ("some platforms do that by themselves", Platform(10.0, Pace(2.0), Pace(2.0)), [SLOW] * 2, [2.0, 2.0]),
]


@pytest.mark.parametrize(("platform", "took", "apart"), [r[1:] for r in ANSWERED], ids=[r[0] for r in ANSWERED])
def test_how_long_answers_take(platform: Platform, took: Sequence[float], apart: Sequence[float]) -> None:
    async def scene(stage: Scene) -> None:
        assert await answers(stage, took) == pytest.approx(apart, abs=1e-3)

    play(platform, scene)


def test_while_the_rate_is_cut_late_answers_keep_the_longer_distance() -> None:
    async def scene(stage: Scene) -> None:
        stage.limiter.refused("p", 0.0)
        assert await answers(stage, [SLOW]) == pytest.approx([SLOW - QUICK + 4 / SLACK], abs=0.03)

    play(TIMED, scene)

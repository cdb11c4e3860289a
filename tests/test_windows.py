"""The platforms' windows as figures: when the next call may be made, and how long many calls take."""

from __future__ import annotations

import pytest

from bots.pacing import PLATFORMS, SECOND, SLACK, Load, Log, Pace, Platform, estimate

TELEGRAM, DISCORD = PLATFORMS["telegram"], PLATFORMS["discord"]

SPACED = Pace(2.0)
WINDOW = Pace(0.0, 3, 10.0)
BOTH = Pace(1.0, 3, 10.0)
DENSE = Pace(4.0, 3, 10.0)
"""Its distance alone lets fewer through than its window would."""

DURATIONS = [
    # what, pace, calls, seconds from the first to the last
    ("no call takes no time", SPACED, 0, 0.0),
    ("one call is over at once", SPACED, 1, 0.0),
    ("without a window only the distance counts", SPACED, 4, 6.0),
    ("no call in a window takes no time either", BOTH, 0, 0.0),
    ("one call in a window is over at once", BOTH, 1, 0.0),
    ("a window's calls go one distance apart", BOTH, 3, 2.0),
    ("the first that no longer fits waits for the window", BOTH, 4, 10.0),
    ("those behind it follow one distance apart", BOTH, 6, 12.0),
    ("the second window ends as late again", BOTH, 7, 20.0),
    ("without a distance a window's calls go together", WINDOW, 6, 10.0),
    ("where the distance is the narrower limit it decides", DENSE, 5, 16.0),
]


@pytest.mark.parametrize(("pace", "calls", "seconds"), [r[1:] for r in DURATIONS], ids=[r[0] for r in DURATIONS])
def test_how_long_calls_last(pace: Pace, calls: int, seconds: float) -> None:
    assert pace.lasts(calls) == pytest.approx(seconds)


KINDS = [("@news", TELEGRAM.chat), ("-1001234", TELEGRAM.chat), ("42", TELEGRAM.private)]


@pytest.mark.parametrize(("chat", "pace"), KINDS, ids=[row[0] for row in KINDS])
def test_channels_and_groups_have_a_window_that_private_chats_have_not(chat: str, pace: Pace) -> None:
    assert TELEGRAM.pace(chat) is pace
    assert TELEGRAM.chat.most
    assert not TELEGRAM.private.most


DOCUMENTED = [
    # what, pace, most in the window, its seconds: telegram.md 5, discord.md 7.1
    ("a Telegram channel", TELEGRAM.chat, 20, 60.0),
    ("a Telegram channel in a second", TELEGRAM.chat, 1, 1.0),
    ("a reader on Telegram in a second", TELEGRAM.private, 1, 1.0),
    ("all of Telegram in a second", TELEGRAM.whole, 30, 1.0),
    ("a Discord channel", DISCORD.chat, 5, 5.0),
    ("a reader on Discord", DISCORD.private, 5, 5.0),
]


@pytest.mark.parametrize(("pace", "most", "window"), [row[1:] for row in DOCUMENTED], ids=[r[0] for r in DOCUMENTED])
def test_the_figures_stay_within_what_is_documented(pace: Pace, most: int, window: float) -> None:
    assert pace.lasts(most + 1) >= window


def test_the_tokens_rates_leave_room_below_what_is_documented_and_something_for_issues() -> None:
    assert TELEGRAM.reserve < TELEGRAM.rate < 30
    assert DISCORD.reserve < DISCORD.rate < 50
    assert 0 < DISCORD.invalid < 10_000


def test_a_token_has_a_window_only_where_albums_land_all_at_once() -> None:
    assert Platform(25.0, SPACED, SPACED, peak=7).whole == Pace(0.0, 7, SECOND)
    assert Platform(25.0, SPACED, SPACED).whole.most == 0


# ── when the next call may be made ───────────────────────────────────────────────────────────────────────────────────


FREE = [
    # what, pace, calls made as (moment, weight), weight of the next, now, free at
    ("nothing was called yet", BOTH, [], 1, 0.0, 0.0),
    ("a distance after the last call", SPACED, [(5.0, 1)], 1, 5.0, 7.0),
    ("an album takes as many distances as it has pictures", SPACED, [(5.0, 4)], 1, 5.0, 13.0),
    ("an earlier album is still paid off after a quick call", SPACED, [(0.0, 4), (1.0, 1)], 1, 1.0, 8.0),
    ("there is room in the window", WINDOW, [(0.0, 2)], 1, 1.0, 0.0),
    ("the window is full until its oldest call is out of it", WINDOW, [(0.0, 1), (4.0, 2)], 1, 5.0, 10.0),
    ("an album needs room for all of its pictures", WINDOW, [(0.0, 1), (4.0, 2)], 2, 5.0, 14.0),
    ("an album that just fits goes at once", WINDOW, [(0.0, 1)], 2, 1.0, 0.0),
    ("one too large for the window waits for an empty one", WINDOW, [(0.0, 1), (4.0, 1)], 9, 5.0, 14.0),
    ("one too large goes at once into an empty one", WINDOW, [], 9, 5.0, 0.0),
    ("after one too large it is as if the window were full", WINDOW, [(0.0, 9)], 1, 5.0, 10.0),
    ("at its very end a window has let go", WINDOW, [(0.0, 3)], 3, 10.0, 0.0),
    ("just before its end it has not", WINDOW, [(0.0, 3)], 3, 9.9, 10.0),
    ("distance and window hold together: the distance", BOTH, [(0.0, 2)], 1, 1.0, 2.0),
    ("distance and window hold together: the window", BOTH, [(0.0, 3)], 1, 4.0, 10.0),
    ("without a window as many as one likes", SPACED, [(n * 2.0, 1) for n in range(9)], 1, 16.0, 18.0),
]


@pytest.mark.parametrize(("pace", "made", "weight", "now", "free"), [r[1:] for r in FREE], ids=[r[0] for r in FREE])
def test_when_a_call_may_be_made(
    pace: Pace, made: list[tuple[float, int]], weight: int, now: float, free: float
) -> None:
    log = Log()
    for at, pictures in made:
        log.take(pace, 1.0, pictures, at)
    assert log.free_at(pace, 1.0, weight, now) == pytest.approx(free)


SLOWED = [
    # what, pace, share of the rate, calls at 0, free at
    ("distances grow", SPACED, 0.5, 1, 4.0),
    ("an album's too", SPACED, 0.5, 3, 12.0),
    ("fewer fit into a window", WINDOW, 0.4, 1, 10.0),
    ("as many as the share leaves fit", WINDOW, 0.7, 1, 0.0),
    ("and no more", WINDOW, 0.7, 2, 10.0),
    ("one always fits", WINDOW, 0.1, 0, 0.0),
    ("but not a second one", WINDOW, 0.1, 1, 10.0),
]


@pytest.mark.parametrize(("pace", "share", "made", "free"), [row[1:] for row in SLOWED], ids=[r[0] for r in SLOWED])
def test_after_a_429_less_fits(pace: Pace, share: float, made: int, free: float) -> None:
    log = Log()
    if made:
        log.take(pace, share, made, 0.0)
    assert log.free_at(pace, share, 1, 0.0) == pytest.approx(free)


def test_what_is_out_of_the_window_is_forgotten() -> None:
    log = Log()
    for second in range(1000):
        log.take(WINDOW, 1.0, 1, float(second))
        log.free_at(WINDOW, 1.0, 1, float(second))
    assert len(log.times) == 10


def test_where_there_is_no_window_nothing_is_remembered() -> None:
    log = Log()
    log.take(SPACED, 1.0, 3, 0.0)
    log.late(SPACED, 1.0, 3, 0.0, 2.0)
    assert not log.times


LATE = [
    # what, pace, made as (moment, weight), late as (weight, moment, seconds), the next as (weight, now), free at
    ("the distance counts from the arrival", SPACED, [(0.0, 1)], (1, 0.0, 3.0), (1, 3.0), 3.0 + 2 / SLACK),
    ("an album's from its arrival too", SPACED, [(0.0, 3)], (3, 0.0, 3.0), (1, 3.0), 3.0 + 6 / SLACK),
    ("a little lateness has room in the distance", SPACED, [(0.0, 1)], (1, 0.0, 0.05), (1, 1.0), 2.0),
    ("the window counts from the arrival", WINDOW, [(0.0, 3)], (3, 0.0, 3.0), (1, 4.0), 13.0),
    ("of that call and no other", WINDOW, [(0.0, 1), (1.0, 2)], (2, 1.0, 3.0), (1, 4.0), 10.0),
    ("and later calls stay where they are", WINDOW, [(0.0, 1), (1.0, 2)], (1, 0.0, 3.0), (3, 4.0), 13.0),
    ("one that arrives when it is forgotten counts again", WINDOW, [(0.0, 3)], (3, 0.0, 12.0), (1, 12.0), 22.0),
]


@pytest.mark.parametrize(
    ("pace", "made", "late", "following", "free"), [row[1:] for row in LATE], ids=[row[0] for row in LATE]
)
def test_a_call_that_arrived_late_counts_from_there(
    pace: Pace,
    made: list[tuple[float, int]],
    late: tuple[int, float, float],
    following: tuple[int, float],
    free: float,
) -> None:
    log = Log()
    for at, pictures in made:
        log.take(pace, 1.0, pictures, at)
    weight, now = following
    log.free_at(pace, 1.0, 1, now)
    log.late(pace, 1.0, *late)
    assert log.free_at(pace, 1.0, weight, now) == pytest.approx(free)
    assert len(log.times) == (sum(pictures for _, pictures in made) if pace.most else 0)


def test_at_half_the_rate_a_late_call_keeps_twice_the_distance() -> None:
    log = Log()
    log.late(SPACED, 0.5, 1, 0.0, 3.0)
    assert log.free_at(SPACED, 0.5, 1, 3.0) == pytest.approx(3.0 + 4 / SLACK)


# ── how long an issue takes ──────────────────────────────────────────────────────────────────────────────────────────


FIGURES = {
    "telegram": Platform(10.0, BOTH, SPACED, items=True),
    "discord": Platform(5.0, SPACED, SPACED),
}
ESTIMATES = [
    # what, loads, seconds until the last call
    ("nothing to do", [], 0.0),
    ("a destination that gets nothing", [Load("telegram", "@a", ())], 0.0),
    ("one call", [Load("telegram", "@a", (1,))], 0.0),
    ("a channel's calls one distance apart", [Load("telegram", "@a", (1, 1, 1))], 2.0),
    ("a private chat's one distance apart", [Load("telegram", "7", (1, 1, 1))], 4.0),
    ("more than the window holds", [Load("telegram", "@a", (1, 1, 1, 1))], 10.0),
    ("an album counts its pictures", [Load("telegram", "@a", (2, 1, 1))], 10.0),
    ("an album is one call where pictures don't count", [Load("discord", "1", (9, 9))], 2.0),
    ("two topics share their group", [Load("telegram", "-1", (1, 1)), Load("telegram", "-1", (1,))], 2.0),
    ("chats stand beside each other", [Load("telegram", "-1", (1, 1)), Load("telegram", "-2", (1,))], 1.0),
    ("the same number elsewhere is another chat", [Load("telegram", "7", (1,)), Load("discord", "7", (1,))], 0.0),
    ("many chats are bound by the token", [Load("telegram", str(n), (1,)) for n in range(21)], 2.0),
    ("by their own", [Load("discord", str(n), (1,)) for n in range(21)], 4.0),
    ("pictures count there too", [Load("telegram", str(n), (2,)) for n in range(21)], 4.1),
]


@pytest.mark.parametrize(("loads", "seconds"), [row[1:] for row in ESTIMATES], ids=[row[0] for row in ESTIMATES])
def test_how_long_an_issue_takes(loads: list[Load], seconds: float) -> None:
    assert estimate(loads, FIGURES) == pytest.approx(seconds)

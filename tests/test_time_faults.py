"""What clocks and calendars can do to a running process: nothing before its time, nothing twice, nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots.config import ReleaseRules
from bots.releases import Slot
from bots.schedule import TICK
from tests.roundworld import DUE, HOUR, POST, TEXTS, Stage, stage_in
from tests.runworld import Ears, HearingApp, SteppedClock, lived

RULES = ReleaseRules(slot=Slot.parse("09:00"), tell="telegram")
SOON = timedelta(seconds=2 * TICK)
MINUTE = timedelta(minutes=1)

Make = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(rules: ReleaseRules = RULES, zone: str = "UTC") -> Stage:
            more = {"clock": SteppedClock(), "making": HearingApp, "zone": ZoneInfo(zone)}
            made = stack.enter_context(stage_in(tmp_path, rules, **more))
            assert isinstance(made.app, HearingApp)
            made.app.ears = {"telegram": Ears(), "discord": Ears()}
            return made

        yield make


def step(here: Stage, by: timedelta) -> None:
    """Move the hands of the clock on the wall; the other one does not notice."""
    assert isinstance(here.clock, SteppedClock)
    here.clock.offset += by


def times_sent(here: Stage) -> int:
    return here.channel.calls.count("send alpha")


def test_at_its_time_and_not_before(stage: Make) -> None:
    here = stage()
    seen: list[int] = []
    here.live(lived(here, [DUE - MINUTE, DUE + SOON, DUE + 10 * MINUTE], lambda _: seen.append(times_sent(here))))
    assert seen == [0, 1, 1]
    assert here.channel.texts == here.server.texts == TEXTS


STEPS = [
    # by how much the clock is moved, when, and how often it was sent soon after and in the end
    ("forward beyond its time", HOUR, DUE - HOUR / 2, 1),
    ("forward, still before its time", HOUR, DUE - HOUR - 3 * MINUTE, 0),
    ("back before its time", -HOUR, DUE - 3 * MINUTE, 0),
    ("back after its time", -HOUR, DUE + 3 * MINUTE, 1),
]


@pytest.mark.parametrize(("by", "when", "soon"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_the_clock_is_stepped(stage: Make, by: timedelta, when: datetime, soon: int) -> None:
    here = stage()
    seen: list[int] = []

    def then(number: int) -> None:
        if number == 0:
            step(here, by)
        else:
            seen.append(times_sent(here))

    # By the stepped clock a moment comes earlier or later; `until` waits by that clock.
    here.live(lived(here, [when, when + by + SOON, DUE + SOON], then))
    assert seen == [soon, 1]


def test_a_machine_that_was_suspended_over_its_time(stage: Make) -> None:
    here = stage()
    seen: list[int] = []

    def then(number: int) -> None:
        if number == 0:
            step(here, 10 * HOUR)  # the timers stood still, the clock on the wall did not
        else:
            seen.append(times_sent(here))

    here.live(lived(here, [DUE - HOUR, DUE + 9 * HOUR + SOON], then))
    assert seen == [1]


@pytest.mark.parametrize(("late", "sent"), [(1, 1), (25, 0)])
def test_started_late(stage: Make, late: int, sent: int) -> None:
    here = stage()

    here.live(lived(here, [DUE + late * HOUR + SOON]))
    assert times_sent(here) == sent
    assert len(here.ledger.letters.questions()) == 1 - sent


CALENDAR = [
    # zone, slot, date in the post, the moment in UTC
    (
        "the night that autumn repeats",
        "Europe/Berlin",
        "02:30",
        "2026-10-25",
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ),
    ("a day in summer time", "Europe/Berlin", "09:00", "2026-03-29", datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
    ("a leap day", "Asia/Shanghai", "09:00", "2028-02-29", datetime(2028, 2, 29, 1, 0, tzinfo=UTC)),
    ("half an hour's zone", "Asia/Kolkata", "09:00", "2026-02-01", datetime(2026, 2, 1, 3, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize(
    ("zone", "slot", "day", "moment"), [row[1:] for row in CALENDAR], ids=[row[0] for row in CALENDAR]
)
def test_the_calendar(stage: Make, zone: str, slot: str, day: str, moment: datetime) -> None:
    here = stage(replace(RULES, slot=Slot.parse(slot)), zone)
    here.write(POST.replace("2026-01-02", day))
    seen: list[int] = []

    async def life() -> None:
        moments = [moment - MINUTE, moment + SOON, moment + 61 * MINUTE]
        await lived(here, moments, lambda _: seen.append(times_sent(here)))

    here.live(life())
    assert seen == [0, 1, 1]


def test_the_hour_that_spring_skips_is_told_and_nothing_is_sent(stage: Make) -> None:
    here = stage(replace(RULES, slot=Slot.parse("02:30")), "Europe/Berlin")
    here.write(POST.replace("2026-01-02", "2026-03-29"))
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    here.live(lived(here, [moment + HOUR]))
    assert times_sent(here) == 0
    (told,) = here.told
    assert "2026-03-29 02:30 Europe/Berlin does not exist" in told


def test_the_rules_of_the_zone_change_before_its_time(stage: Make) -> None:
    here = stage(zone="Europe/Berlin")
    seen: list[int] = []

    async def life() -> None:
        await lived(here, [DUE - 4 * HOUR])
        here.zone = ZoneInfo("Europe/Moscow")  # as if an update of the zone's data had moved the clocks
        here.restart()
        assert isinstance(here.app, HearingApp)
        here.app.ears = {"telegram": Ears(), "discord": Ears()}
        moscow = datetime(2026, 1, 2, 6, 0, tzinfo=UTC)
        await lived(
            here, [moscow - MINUTE, moscow + SOON, moscow + 10 * MINUTE], lambda _: seen.append(times_sent(here))
        )

    here.live(life())
    assert seen == [0, 1, 1]

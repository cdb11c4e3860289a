"""When an issue is due: slots, zones, and the two nights of the year that are no ordinary ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots.durations import in_words, parse_duration
from bots.model import Post
from bots.releases import Slot, at, release_of

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def local(*parts: int) -> datetime:
    """A time by some clock on the wall."""
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - its zone comes from the column


def due(written: datetime, slot: str | None, zone: ZoneInfo, *, date_only: bool = True) -> str:
    post = Post(Path("x.md"), "x", "x", "X", "", 1, date=written.replace(tzinfo=zone), date_only=date_only)
    found = release_of(post, Slot.parse(slot) if slot else None, zone)
    assert found is not None
    return f"{found.moment:%Y-%m-%d %H:%M}{' impossible' if found.problem else ' twice' if found.warning else ''}"


# day or time in the file, the column's slot, its zone -> moment in UTC
DUE = {
    "a day alone": (local(2026, 11, 27), None, SHANGHAI, "2026-11-26 16:00"),
    "a slot on that day": (local(2026, 11, 27), "09:00", SHANGHAI, "2026-11-27 01:00"),
    "a slot on that weekday": (local(2026, 11, 27), "Friday 09:00", SHANGHAI, "2026-11-27 01:00"),
    "a slot later in the week": (local(2026, 11, 28), "fri 9:00", SHANGHAI, "2026-12-04 01:00"),
    "in summer": (local(2026, 7, 3), "09:00", BERLIN, "2026-07-03 07:00"),
    "the hour that spring skips": (local(2027, 3, 28), "02:30", BERLIN, "2027-03-28 01:30 impossible"),
    "the hour that autumn repeats": (local(2026, 10, 25), "02:30", BERLIN, "2026-10-25 00:30 twice"),
    "a leap day": (local(2028, 2, 29), "09:00", BERLIN, "2028-02-29 08:00"),
    "a day without a midnight": (local(2018, 11, 4), None, ZoneInfo("America/Sao_Paulo"), "2018-11-04 03:00"),
}


@pytest.mark.parametrize("name", DUE)
def test_when_an_issue_is_due(name: str) -> None:
    written, slot, zone, moment = DUE[name]
    assert due(written, slot, zone) == moment


def test_a_time_is_exact_whatever_the_slot() -> None:
    assert due(local(2026, 11, 27, 18, 5), "Friday 09:00", SHANGHAI, date_only=False) == "2026-11-27 10:05"


def test_without_a_date_there_is_no_release() -> None:
    assert release_of(Post(Path("x.md"), "x", "x", "X", "", 1), Slot.parse("09:00"), BERLIN) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("9", "no slot"), ("25:00", "no time of day"), ("Fryday 09:00", "no day of the week"), ("5 09:00", "no slot")],
)
def test_a_slot_that_is_none(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Slot.parse(text)


# slot, moment of asking -> the next slot by the clock of Berlin
FOLLOWING = {
    "later today": ("09:00", datetime(2026, 11, 27, 7, 59, tzinfo=UTC), local(2026, 11, 27, 9, 0)),
    "tomorrow": ("09:00", datetime(2026, 11, 27, 8, 0, tzinfo=UTC), local(2026, 11, 28, 9, 0)),
    "next week": ("Friday 09:00", datetime(2026, 11, 27, 8, 0, tzinfo=UTC), local(2026, 12, 4, 9, 0)),
    "over the change of the clock": (
        "Sunday 09:00",
        datetime(2026, 10, 18, 8, 0, tzinfo=UTC),
        local(2026, 10, 25, 9, 0),
    ),
}


@pytest.mark.parametrize("name", FOLLOWING)
def test_the_slot_after_a_moment(name: str) -> None:
    slot, moment, expected = FOLLOWING[name]
    assert Slot.parse(slot).following(moment, BERLIN) == expected


def test_a_slot_named_by_weekday_is_on_that_weekday() -> None:
    slot = Slot.parse("Wednesday 12:00")
    days = [slot.day(date(2026, 1, 1) + timedelta(days=ahead)) for ahead in range(30)]
    assert {day.weekday() for day in days} == {2}


def test_the_moment_says_how_it_was_written() -> None:
    assert at(local(2026, 12, 4, 9, 0), SHANGHAI).written == "2026-12-04 09:00 Asia/Shanghai"


LENGTHS = {"90s": 90, "10m": 600, "24h": 86400, "2d": 172800, " 3 H ": 10800}


@pytest.mark.parametrize("text", LENGTHS)
def test_a_length_of_time(text: str) -> None:
    assert parse_duration(text) == timedelta(seconds=LENGTHS[text])


@pytest.mark.parametrize("text", ["", "10", "m", "1.5h", "-3h", "10 weeks", "1h30m"])
def test_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        parse_duration(text)


WORDS = {0: "0 s", 59: "59 s", 61: "1 min 1 s", 3600: "1 h", 3720: "1 h 2 min", 90000: "1 d 1 h", 86461: "1 d"}


@pytest.mark.parametrize("seconds", WORDS)
def test_a_length_of_time_in_words(seconds: int) -> None:
    assert in_words(timedelta(seconds=seconds)) == WORDS[seconds]

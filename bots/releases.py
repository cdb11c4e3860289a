"""When an issue is due: the slot of the column, or the very time its author wrote. Pure.

A moment is worked out anew from what was written each time it is needed, so that a change of the zone's rules moves it
(reliability.md 1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bots.model import Post

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SLOT = re.compile(r"(?:([A-Za-z]+)\s+)?(\d{1,2}):(\d{2})")
_SHAPE = "write it like 09:00 or Friday 09:00"


@dataclass(frozen=True, slots=True)
class Slot:
    """The hour, and perhaps the day of the week, at which a column comes out."""

    at: time
    weekday: int | None = None
    """Monday is 0; None for the very day an issue is dated."""

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Weekdays are named: numbers mean different days to different schedulers. Raises ValueError."""
        found = _SLOT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no slot: {_SHAPE}")
        if int(found[2]) > 23 or int(found[3]) > 59:
            raise ValueError(f"{found[2]}:{found[3]} is no time of day: {_SHAPE}")
        return cls(time(int(found[2]), int(found[3])), _weekday(found[1]))

    def day(self, first: date) -> date:
        """The day of the slot at or after `first`."""
        return first if self.weekday is None else first + timedelta(days=(self.weekday - first.weekday()) % 7)

    def following(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first slot after `moment`, as written by the clock of `zone`: without a zone of its own."""
        today = moment.astimezone(zone).date()
        days = (self.day(today + timedelta(days=ahead)) for ahead in range(9))
        return next(written for day in days if instant(written := datetime.combine(day, self.at), zone).moment > moment)


MIDNIGHT = Slot(time(0))
"""The slot of a column that names none: the first instant of the day."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A local time as a moment."""

    moment: datetime
    """In UTC."""
    skipped: bool = False
    """The clock never shows it: summer time begins. The moment is what the time would mean without the change."""
    repeated: bool = False
    """The clock shows it twice: summer time ends. The moment is the first of the two."""


def instant(written: datetime, zone: ZoneInfo) -> Instant:
    """What `written`, without a zone of its own, means in `zone`."""
    local = written.replace(tzinfo=zone, fold=0)
    moment = local.astimezone(UTC)
    skipped = moment.astimezone(zone).replace(tzinfo=None) != written
    repeated = not skipped and local.utcoffset() != local.replace(fold=1).utcoffset()
    return Instant(moment, skipped, repeated)


@dataclass(frozen=True, slots=True)
class Release:
    """When an issue goes out."""

    moment: datetime
    """In UTC."""
    written: str
    """As its author would write it, with the zone: 2026-11-27 09:00 Asia/Shanghai."""
    problem: str = ""
    """Why it can't be, in words; such an issue does not go out by itself."""
    warning: str = ""


def release_of(post: Post, slot: Slot | None, zone: ZoneInfo) -> Release | None:
    """When the post is due; None for one without a date, which never goes out by itself.

    A date alone means the column's slot on that day, or on the next day of the slot's weekday; a time is exact.
    """
    if post.date is None:
        return None
    if not post.date_only:  # an impossible time was refused when it was read
        return Release(post.date.astimezone(UTC), f"{post.date.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}")
    slot = slot or MIDNIGHT
    return at(datetime.combine(slot.day(post.date.astimezone(zone).date()), slot.at), zone)


def at(written: datetime, zone: ZoneInfo) -> Release:
    """The release at a local time of `zone`."""
    found = instant(written, zone)
    words = f"{written:%Y-%m-%d %H:%M} {zone.key}"
    # Midnight itself is skipped in some zones: a day that begins later is no mistake of the author's.
    if found.skipped and written.time() != time(0):
        return Release(found.moment, words, f"{words} does not exist: the clock skips it. Choose another time.")
    twice = f"{words} comes twice that night: the first is meant. Write a time with an offset to choose."
    return Release(found.moment, words, warning=twice if found.repeated else "")


def _weekday(name: str | None) -> int | None:
    if name is None:
        return None
    found = [day for day in WEEKDAYS if len(name) >= 3 and day.startswith(name.lower())]
    if not found:
        raise ValueError(f"{name!r} is no day of the week: {_SHAPE}")
    return WEEKDAYS.index(found[0])

"""The dates authors write, as moments in the column's time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

_NUMERIC = re.compile(
    r"""(?P<y>\d{4})(?:[-/.年])(?P<m>\d{1,2})(?:[-/.月])(?P<d>\d{1,2})日?
    (?:(?:[T,]|\s)\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?
    \s*(?P<half>[AaPp][Mm])?
    \s*(?P<offset>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?""",
    re.VERBOSE,
)
_WORDS = ("%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y")
_SHAPES = "Write it like 2025-06-14 or 2025-06-14 18:00."


class DateError(ValueError):
    """A date that means no moment; the text says why and what to write."""


@dataclass(frozen=True, slots=True)
class Written:
    """A date as the author wrote it."""

    moment: datetime
    """Zone-aware, in the column's zone; the day's first instant for a date without a time."""
    date_only: bool
    repeated: bool = False
    """True for a time without an offset that the clock shows twice; the first is meant."""


def parse_date(text: str, zone: ZoneInfo) -> Written:
    """Read a date in ISO, numeric, RFC 2822 or English words; a time without an offset is local to `zone`.

    Of a time that the clock shows twice the first is meant. Raises DateError, also for one that summer time leaves out.
    """
    text = text.strip()
    match = _NUMERIC.fullmatch(text)
    naive, offset, date_only = _numeric(match) if match else _in_words(text)
    if not 1970 <= naive.year < 2200:
        raise DateError(f"The year of `{text}` can't be right. {_SHAPES}")
    if offset is not None:
        return Written(naive.replace(tzinfo=offset).astimezone(zone), date_only)
    return _local(naive, zone, date_only)


def _numeric(match: re.Match[str]) -> tuple[datetime, timezone | None, bool]:
    hour = int(match["H"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise DateError(f"`{match[0]}` is not a time of day. {_SHAPES}")
        hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    try:
        naive = datetime(  # noqa: DTZ001 - local time, its zone is attached by the caller
            int(match["y"]), int(match["m"]), int(match["d"]), hour, int(match["M"] or 0), int(match["S"] or 0)
        )
        return naive, _offset(match["offset"]), match["H"] is None
    except ValueError as e:
        raise DateError(f"`{match[0]}` is not in the calendar: {e}. {_SHAPES}") from e


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _in_words(text: str) -> tuple[datetime, timezone | None, bool]:
    """`Jun 14, 2025` and `Sat, 14 Jun 2025 18:00:00 +0800`."""
    plain = " ".join(text.replace(",", " ").split())
    for shape in _WORDS:
        try:
            return datetime.strptime(plain, shape), None, True  # noqa: DTZ007 - as in _numeric
        except ValueError:
            continue
    try:
        moment = parsedate_to_datetime(text if ":" in text else "")
    except ValueError as e:
        raise DateError(f"`{text}` is not a date that can be read. {_SHAPES}") from e
    offset = moment.utcoffset()
    return moment.replace(tzinfo=None), None if offset is None else timezone(offset), False


def _local(naive: datetime, zone: ZoneInfo, date_only: bool) -> Written:
    moment = naive.replace(tzinfo=zone)
    there = moment.astimezone(UTC).astimezone(zone)
    if there.replace(tzinfo=None) != naive:
        if date_only:  # some zones skip midnight itself: the day then starts later
            return Written(there, True)
        raise DateError(
            f"{naive:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clock skips it. Choose another time."
        )
    repeated = not date_only and moment.utcoffset() != moment.replace(fold=1).utcoffset()
    return Written(moment, date_only, repeated)

"""Lengths of time as authors write them: `90s`, `10m`, `24h`, `2d`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHAPE = re.compile(r"(\d{1,6})\s*([smhd])")


def parse_duration(text: str) -> timedelta:
    """Raises ValueError with the shapes that are understood."""
    found = _SHAPE.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no length of time: write it like 90s, 10m, 24h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def in_words(length: timedelta) -> str:
    """The two largest units that matter: `2 d 3 h`, `3 h 12 min`, `40 s`; a negative length as its amount."""
    seconds = round(abs(length.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((place for place, (number, _) in enumerate(parts) if number), 3)
    shown = [parts[first], *(part for part in parts[first + 1 : first + 2] if part[0])]
    return " ".join(f"{number} {unit}" for number, unit in shown)

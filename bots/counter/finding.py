"""Which issue a reader means, and where in a section it stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bots.buttons import token
from bots.ledger import Volume
from bots.ledger.library import fold, holds

_IN_TITLE = (
    re.compile(r"第\s*(\d{1,5})\s*[期周回]"),
    re.compile(r"[#＃]\s*(\d{1,5})(?!\d)"),
    re.compile(r"\b(?:issue|no\.?|vol\.?|volume|week)\s*(\d{1,5})(?!\d)", re.IGNORECASE),
)
# The last part of a date is no number of an issue.
_IN_SLUG = re.compile(r"(?:^|(?<!\d)[-_]|[a-z])0*(\d{1,5})$")
_NUMBER = re.compile(r"(?:[#＃]|第\s*)?0*(\d{1,5})\s*期?")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?")
_AROUND = 40
"""Characters of a section shown before and behind what was found."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """An issue with the number that readers know it by."""

    volume: Volume
    number: int


def shelved(volumes: Sequence[Volume]) -> tuple[Shelved, ...]:
    """The issues, newest first as given, with their numbers.

    A number is what the title says (`第 23 期`, `#23`, `Issue 23`), else what the slug ends in, else the place in the
    order of release.
    """
    return tuple(Shelved(one, _number(one, len(volumes) - place)) for place, one in enumerate(volumes))


def _number(volume: Volume, otherwise: int) -> int:
    for pattern in _IN_TITLE:
        if found := pattern.search(volume.title):
            return int(found[1])
    in_slug = _IN_SLUG.search(volume.slug.lower())
    return int(in_slug[1]) if in_slug else otherwise


def find(shelf: Sequence[Shelved], words: str, zone: ZoneInfo) -> tuple[Shelved, ...]:
    """The issues somebody means by a number, a date, an id or words of the title, newest first.

    A day on which none came out means the last one before it.
    """
    words = words.strip()
    if exact := [one for one in shelf if words in {one.volume.id, one.volume.slug, token(one.volume.id)}]:
        return tuple(exact)
    number = _NUMBER.fullmatch(words)
    if number and (found := [one for one in shelf if one.number == int(number[1])]):
        return tuple(found)
    if day := _DATE.fullmatch(words):
        return _on(shelf, [int(part) for part in day.groups() if part], zone)
    return tuple(one for one in shelf if words and holds(one.volume.title, words.split()))


def _on(shelf: Sequence[Shelved], parts: Sequence[int], zone: ZoneInfo) -> tuple[Shelved, ...]:
    days = {one.volume.id: one.volume.released.astimezone(zone).date() for one in shelf}
    if len(parts) < 3:
        return tuple(one for one in shelf if _parts(days[one.volume.id])[: len(parts)] == tuple(parts))
    before = [one for one in shelf if _parts(days[one.volume.id]) <= tuple(parts)]
    return tuple(one for one in before if days[one.volume.id] == days[before[0].volume.id])


def _parts(day: date) -> tuple[int, ...]:
    return day.year, day.month, day.day


def recurring(named: Sequence[tuple[str, str, str]], order: Sequence[str]) -> Mapping[str, str]:
    """Id to title of the sections that come again, as the newest issue that has them calls them.

    `named` are issue, section and title; `order` the issues, newest first. Without any that come again, those of the
    newest issue.
    """
    of: dict[str, list[tuple[str, str]]] = {}
    for issue, section, title in named:
        of.setdefault(issue, []).append((section, title))
    titles: dict[str, str] = {}
    counts: dict[str, int] = {}
    for issue in order:
        for section, title in of.get(issue, ()):
            titles.setdefault(section, title)
            counts[section] = counts.get(section, 0) + 1
    again = {section: title for section, title in titles.items() if counts[section] > 1}
    return again or {section: title for issue in order[:1] for section, title in of.get(issue, ())}


def snippet(text: str, words: Sequence[str]) -> str:
    """The surroundings of the first word that is found, in one line."""
    folded = fold(text)
    places = [at for word in words if (at := folded.find(fold(word))) >= 0]
    at = min(places, default=0)
    start, end = max(0, at - _AROUND), min(len(text), at + 2 * _AROUND)
    shown = " ".join(text[start:end].split())
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")

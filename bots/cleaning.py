"""Readers' names and texts without what could upset a page, a terminal or a database. What they wrote stays as it was.

Control characters and those that change the direction of what follows are taken out, lengths are capped, and marks
that no page would show are dropped. Escaping is left to whoever writes the text out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from urllib.parse import urlsplit

import regex

from bots.events import Mark

LONGEST_NAME = 80
LONGEST_TEXT = 4096
"""Code points: the longest message of either platform (telegram.md 1.1, discord.md 1.1)."""
LONGEST_LINK = 2048
MOST_MARKS = 100
"""As many as Telegram keeps (telegram.md 1.3); a page nests no deeper."""
KINDS = frozenset({"bold", "italic", "underline", "strike", "spoiler", "code", "pre", "quote", "link"})

_ENDS = dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")
_GONE = dict.fromkeys(
    (
        *(code for code in (*range(32), *range(0x7F, 0xA0)) if code not in {9, 10, *_ENDS}),
        0x61C,  # marks, embeddings, overrides and isolates of direction
        *range(0x200E, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
        *range(0xD800, 0xE000),  # halves of a character, which no database takes
    )
)
_TABLE = {**_GONE, **_ENDS}


def clean_name(name: str) -> str:
    """One line of at most 80 characters; empty when nothing is left of it."""
    return _cut(" ".join(name[: 8 * LONGEST_NAME].translate(_TABLE).split()), LONGEST_NAME)


def clean_text(text: str, marks: Sequence[Mark] = ()) -> tuple[str, tuple[Mark, ...]]:
    """The text, at most 4096 characters of it, and its marks at the places they have in it now."""
    places = list(accumulate((len(char.translate(_TABLE)) for char in text), initial=0))
    cleaned = text.translate(_TABLE)
    capped = _cut(cleaned, LONGEST_TEXT)
    end = len(capped) if capped == cleaned else len(capped) - 1  # the sign of the cut is nobody's word
    return capped, tuple(sorted(_moved(marks, places, end), key=_outer_first))


def clean_reaction(reaction: str) -> str:
    """An emoji, or a platform's name of one of its own."""
    return clean_name(reaction)


def clean_link(href: str | None) -> str | None:
    """An address of the web that a page may link to; None for anything else."""
    if href is None or not href.isprintable() or " " in href or len(href) > LONGEST_LINK:
        return None
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    return href if parts.scheme in {"http", "https"} and parts.netloc else None


def _moved(marks: Iterable[Mark], places: Sequence[int], end: int) -> Iterable[Mark]:
    last = len(places) - 1
    for mark in sorted(marks, key=_outer_first)[:MOST_MARKS]:
        start = min(places[min(max(mark.start, 0), last)], end)
        stop = min(places[min(max(mark.start + mark.length, 0), last)], end)
        if mark.kind in KINDS and start < stop and (mark.kind != "link" or clean_link(mark.href)):
            yield Mark(mark.kind, start, stop - start, mark.href if mark.kind == "link" else "")


def _outer_first(mark: Mark) -> tuple[int, int, str, str]:
    return mark.start, -mark.length, mark.kind, mark.href


def _cut(text: str, most: int) -> str:
    """At most so many code points, no visible character cut in two unless it is longer than that by itself."""
    if len(text) <= most:
        return text
    ends = (found.end() for found in regex.finditer(r"\X", text[:most]))
    return text[: max((end for end in ends if end < most), default=most - 1)] + "…"

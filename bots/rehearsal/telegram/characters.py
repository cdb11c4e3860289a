"""Characters Telegram replaces, removes or does not count as visible, and the two ways it measures text."""

from __future__ import annotations

import re
from dataclasses import dataclass

SPACE_FOR = dict.fromkeys([c for c in range(0x20) if chr(c) not in "\n\r"], " ")
REMOVED = dict.fromkeys([0x0D, *range(0x2028, 0x202F), 0x0333, 0x033F, 0x030A])
CLEANING = {**SPACE_FOR, **REMOVED}
"""Control characters become spaces; CR, line separators, bidi overrides and three combining lines vanish."""

DIRECTION_MARKS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")
INVISIBLE = re.compile(
    "[ \n\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufffc\u00a0\ufeff\U000e0000-\U000e007f]*"
)
"""All that a message can hold and still count as empty (telegram.md 1.5)."""


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the measure of entity offsets."""
    return len(text) + sum(1 for c in text if c > "\uffff")


def clean(text: str) -> str:
    """The text as Telegram stores it, before trimming."""
    return quiet_marks(text.translate(CLEANING))


def quiet_marks(text: str) -> str:
    """Of a run of left-to-right and right-to-left marks only the last stays, the others become U+200C."""
    return DIRECTION_MARKS.sub(lambda run: "\u200c" * len(run.group()), text)


def is_invisible(text: str) -> bool:
    return INVISIBLE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Ruler:
    """Where each UTF-16 offset between two characters of a text lies in bytes, and where it lies once cleaned."""

    bytes: dict[int, int]
    cleaned: dict[int, int]
    length: int
    """Of the uncleaned text, in UTF-16 units."""


def ruler(text: str) -> Ruler:
    in_bytes, cleaned = {0: 0}, {0: 0}
    units = at_byte = kept = 0
    for character in text:
        width = 2 if character > "\uffff" else 1
        units += width
        at_byte += len(character.encode())
        kept += 0 if ord(character) in REMOVED else width
        in_bytes[units], cleaned[units] = at_byte, kept
    return Ruler(in_bytes, cleaned, units)

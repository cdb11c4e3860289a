"""What buttons and deep links carry: short, lasting, and the same after a restart. Pure.

An id stands in them as it is if it is short and plain, else as a hash of itself, to be found again among the ids that
are known. So any id fits into the 64 bytes of a button and the 64 characters of a link (telegram.md 8), and what was
tampered with finds nothing.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bots.model import Button

LONGEST = 64
"""Bytes of a button's data and characters of a deep link's payload (telegram.md 8)."""
ALL = "all"
"""Stands in place of a section for the whole issue."""
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,26}")
_HASHED = 20
"""Characters of a hash, five bits each."""
_LINK = "i_"
_MOST_ROWS, _WIDEST = 5, 5
"""Rows and buttons in a row that Discord takes (discord.md 1.2)."""
MOST = _MOST_ROWS * _WIDEST
_LABEL = 60
"""Characters of a label; Discord takes 80 and phones show fewer."""


class Kind(StrEnum):
    """What a button is for. `q` is not among them: it belongs to the author's letters, see `bots.desk`."""

    SECTION = "i"
    """Show a section of an issue; without a section its contents."""
    ARCHIVE = "a"
    SEARCH = "s"
    TOPIC = "k"
    """The newest section with that id."""
    SUBSCRIBE = "u"
    LANGUAGE = "l"
    FORGET = "f"
    COMMENTS = "c"
    ROLE = "r"


@dataclass(frozen=True, slots=True)
class Data:
    """What a button says, taken apart."""

    kind: Kind
    values: tuple[str, ...]

    def value(self, place: int) -> str:
        """The value at a place, empty for none."""
        return self.values[place] if place < len(self.values) else ""

    def page(self, place: int) -> int:
        """A page's number, from 0; 0 for what is none."""
        value = self.value(place)
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else 0


def token(name: str) -> str:
    """At most 27 characters out of `a-z0-9-` for an id; a hash begins with `-`, which no plain id does.

    `all` would be taken for the whole issue, so it is hashed as well.
    """
    if _PLAIN.fullmatch(name) and name != ALL:
        return name
    raw = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return "-" + base64.b32encode(raw).decode().lower()[:_HASHED]


def named(short: str, known: Iterable[str]) -> str | None:
    """The id that a token stands for, None if it is none of the known ones."""
    return next((name for name in known if token(name) == short), None)


def data(kind: Kind, *values: str) -> str | None:
    """A button's data; the last value may hold anything. None if it is longer than a button may carry."""
    made = ":".join((kind.value, *values))
    return made if len(made.encode("utf-8", "surrogatepass")) <= LONGEST else None


def parsed(pressed: str) -> Data | None:
    """A button's data taken apart; None for a button that is not ours. Whoever pressed may have made it up."""
    sign, colon, rest = pressed.partition(":")
    if not colon or sign not in set(Kind) or len(pressed.encode("utf-8", "surrogatepass")) > LONGEST:
        return None
    # What was searched for comes last and may have colons in it.
    return Data(Kind(sign), tuple(rest.split(":", 1 if sign == Kind.SEARCH else -1)))


def of_section(issue: str, section: str = "") -> str:
    """The data of a button that shows a section, all sections (`ALL`), or the contents (empty)."""
    short = section if section in {"", ALL} else token(section)
    return ":".join((Kind.SECTION.value, token(issue), short))


def deep_link(issue: str, section: str | None = None) -> str:
    """The payload of a deep link to an issue or one of its sections."""
    return _LINK + token(issue) + ("" if section is None else f"_{token(section)}")


def read_link(payload: str) -> tuple[str, str | None] | None:
    """The tokens of issue and section in a deep link; None for any other payload."""
    if not payload.startswith(_LINK) or len(payload) > LONGEST:
        return None
    issue, line, section = payload.removeprefix(_LINK).partition("_")
    return (issue, section if line else None) if issue else None


def label(text: str) -> str:
    """Words as they fit on a button."""
    line = " ".join(text.split()) or "…"
    return line if len(line) <= _LABEL else line[: _LABEL - 1] + "…"


def rows(buttons: Sequence[Button], last: Sequence[Button] = ()) -> tuple[tuple[Button, ...], ...]:
    """The buttons two in a row, more where five rows would not do, with `last` in a row of its own."""
    room = _MOST_ROWS - bool(last)
    shown = buttons[: room * _WIDEST]
    wide = max(2, math.ceil(len(shown) / room))
    made = [tuple(shown[start : start + wide]) for start in range(0, len(shown), wide)]
    return (*made, tuple(last)) if last else tuple(made)

"""How much one Discord message holds: Discord's answers to `bots.packing`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bots.layout.atoms import Atom, Mark, MarkKind, Span
from bots.platforms.discord import links
from bots.platforms.discord.dialect import Composed, compose

LIMIT = 2000
"""Characters of `content`. The server counts code points (discord 1.1), clients UTF-16 units: the larger one holds."""
FILES = 10
"""Attachments of one message (error 30015)."""
LONGEST_ADDRESS = 1000
"""A link to a longer address is shown as text: with its label it might not fit into any message."""
LINK_ROOM = len("[](<https://discord.com/channels/>)") + 3 * 20 + 2
"""What a contents entry grows by when it becomes a link to a message: three ids of at most 20 digits."""
_ESCAPED = re.compile(r"[\\*_`\[]")


@dataclass(frozen=True, slots=True)
class DiscordMeasure:
    """`reserve` units of every message are kept free."""

    inert: bool = True
    reserve: int = 0
    room: int = 450
    """Of a label; with every character escaped and the longest address it still fits."""

    def weight(self, atom: Atom) -> tuple[int, int]:
        """UTF-16 units of text and addresses, and pictures: at least what the atom adds to a message."""
        text = atom.text.strip()
        characters = units(text) + _escapes(atom) + _addresses(atom) + (_before(atom) if atom.starts and text else 0)
        return characters, int(atom.image is not None)

    def may_fit(self, total: tuple[int, ...]) -> bool:
        characters, pictures = total
        # The first line of a message costs no line end.
        return characters <= LIMIT - self.reserve + 1 and pictures <= FILES

    def fits(self, atoms: Sequence[Atom]) -> bool:
        pictures = sum(atom.image is not None for atom in atoms)
        return pictures <= FILES and not any(overtaking(atoms)) and self.size(compose(atoms, inert=self.inert)) <= LIMIT

    def size(self, composed: Composed) -> int:
        """UTF-16 units that the message will have at most, its contents entries linked."""
        return units(composed.text) + self.reserve + LINK_ROOM * len(composed.slots)


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def overtaking(atoms: Sequence[Atom]) -> Iterator[int]:
    """Where text would overtake the picture before it, attachments always standing below the content.

    A message has to begin at each of these atoms; captions belong to their pictures and may stand above them.
    """
    pictured = False
    for at, atom in enumerate(atoms):
        if atom.image is not None:
            pictured = True
        elif pictured and not atom.caption:
            pictured = False
            yield at


def _before(atom: Atom) -> int:
    """The line end before a line, and the least that can stand between it and the text."""
    if atom.frame.code is not None:
        return 1
    marks = (atom.caption, atom.frame.quote, bool(atom.frame.marker), atom.frame.heading > 0)
    return 1 + 2 * sum(marks)


def _escapes(atom: Atom) -> int:
    """Backslashes before characters that need one wherever they stand."""
    if atom.frame.code is not None:
        return 0
    return sum(len(_ESCAPED.findall(span.text)) for span in atom.spans if not _is_raw(span))


def _is_raw(span: Span) -> bool:
    return any(mark.kind in (MarkKind.CODE, MarkKind.LINK) for mark in span.marks)


def _addresses(atom: Atom) -> int:
    """What the links in an atom cost beside their labels; one that goes on from the atom before costs nothing here."""
    total = 0
    before: Mark | None = None if atom.starts or not atom.spans else _link(atom.spans[0].marks)
    for span in atom.spans:
        mark = _link(span.marks)
        if mark is not None and mark != before:
            total += _cost(mark, span.text)
        before = mark
    return total


def _link(marks: Sequence[Mark]) -> Mark | None:
    return next((mark for mark in marks if mark.kind in (MarkKind.LINK, MarkKind.SECTION)), None)


def _cost(mark: Mark, label: str) -> int:
    if mark.kind is MarkKind.SECTION:
        return LINK_ROOM
    if not links.openable(mark.value) or links.is_address(label, mark.value):
        return 0
    # The cheapest cases: an address in the label itself, and one behind a label, in angle brackets.
    return 0 if "://" in label else units(mark.value) + 3

"""Which message a run of atoms makes: text, a photo with a caption, an album; and whether one message can hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bots.document import Image
from bots.layout.atoms import Atom, Cut, Mark, MarkKind, Span
from bots.platforms.telegram.entities import composed

# telegram.md 1.1, 1.3 and 2: code points, entities and pictures that one message holds.
TEXT, CAPTION, ENTITIES, ALBUM = 4096, 1024, 100, 10

_LINKS = (MarkKind.LINK, MarkKind.SECTION)
_WHOLE = (*_LINKS, MarkKind.CODE)


@dataclass(frozen=True, slots=True)
class Shape:
    """A message in outline."""

    images: tuple[Image, ...]
    text: tuple[Atom, ...]
    above: bool
    """The text stands above the pictures."""


def shape(atoms: Sequence[Atom]) -> Shape | None:
    """The message that keeps the run's reading order, None if there is none.

    Text goes above or below the pictures, not both; only headings before the first picture and the pictures' own
    captions may stand on either side.
    """
    at = [number for number, atom in enumerate(atoms) if atom.image is not None]
    text = tuple(atom for atom in atoms if atom.image is None)
    if not at:
        return Shape((), text, above=False)
    before, between = atoms[: at[0]], [atom for atom in atoms[at[0] : at[-1]] if atom.image is None]
    after = atoms[at[-1] + 1 :]
    above = any(not atom.frame.heading for atom in before)
    below = len(list(takewhile(lambda atom: atom.caption, after))) < len(after)
    if len(at) > ALBUM or (above and below) or not all(atom.caption for atom in between):
        return None
    return Shape(tuple(atom.image for atom in atoms if atom.image is not None), text, above)


class TelegramMeasure:
    """Telegram's answer to `bots.packing`."""

    room = TEXT - 96  # leaves space for the marker and the indent before it

    def weight(self, atom: Atom) -> tuple[int, int, int]:
        """Code points, entities, pictures: each at least what the atom adds to a message."""
        text = atom.text.rstrip()
        return len(text) + bool(atom.starts and text), _entities(atom), int(atom.image is not None)

    def may_fit(self, total: tuple[int, ...]) -> bool:
        characters, entities, pictures = total
        # The first line of a message costs no line end.
        limit = CAPTION if pictures else TEXT
        return characters <= limit + 1 and entities <= ENTITIES and pictures <= ALBUM

    def fits(self, atoms: Sequence[Atom]) -> bool:
        outline = shape(atoms)
        if outline is None:
            return False
        message = composed(outline.text)
        return len(message.text) <= (CAPTION if outline.images else TEXT) and len(message.stretches) <= ENTITIES


def _entities(atom: Atom) -> int:
    """Stretches that begin in the atom and can't be the rest of one from the atom before."""
    count, before = int(atom.frame.heading > 0), frozenset[Mark]()
    for number, span in enumerate(atom.spans):
        marks = _counted(span, heading=atom.frame.heading > 0)
        new = marks - before
        if not number and not atom.starts:
            # A style may go on from the sentence before, a link or code only when it was too long for a message.
            new = frozenset(mark for mark in new if mark.kind in _WHOLE and atom.cut is not Cut.WORD)
        count += len(new)
        before = marks
    return count


def _counted(span: Span, *, heading: bool) -> frozenset[Mark]:
    """The span's marks that become entities: none on spaces, code alone unless it is in a link."""
    if not span.marks or span.text.isspace():
        return frozenset()
    linked = any(mark.kind in _LINKS for mark in span.marks)
    code = frozenset(mark for mark in span.marks if mark.kind is MarkKind.CODE)
    if code and not linked:
        return code
    return frozenset(m for m in span.marks if m not in code and not (heading and m.kind is MarkKind.BOLD))

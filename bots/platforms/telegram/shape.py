"""Which message a run of atoms makes: text, a picture with a caption, an album; and whether one message can hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bots.document import Image
from bots.layout.atoms import Atom
from bots.layout.measuring import Weight
from bots.platforms.telegram import scale
from bots.platforms.telegram.entities import composed

# telegram.md 1.1, 1.3 and 2: code points, entities and pictures that one message holds.
TEXT, CAPTION, ENTITIES, ALBUM = 4096, 1024, 100, 10


@dataclass(frozen=True, slots=True)
class Shape:
    """A message in outline."""

    images: tuple[Image, ...]
    text: tuple[Atom, ...]
    above: bool
    """The text stands above the pictures."""
    files: bool = False
    """The pictures go out as files: as photos nobody could read them."""


def shape(atoms: Sequence[Atom]) -> Shape | None:
    """The message that keeps the run's reading order, None if there is none.

    Text goes above or below the pictures, not both; only headings before the first picture and the pictures' own
    captions may stand on either side. Files and photos never share a message, and files have their text below them
    (telegram.md 2).
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
    images = tuple(atom.image for atom in atoms if atom.image is not None)
    files = [image.large for image in images]
    if any(files) and (above or not all(files)):
        return None
    return Shape(images, text, above, files=any(files))


@dataclass(frozen=True, slots=True)
class TelegramMeasure:
    """Telegram's answers to `bots.packing`: code points of a text and of a caption, and entities of a message."""

    text: int = TEXT
    caption: int = CAPTION
    entities: int = ENTITIES
    room: int = TEXT - 96
    """Leaves space for the marker and the indent before it."""

    def weights(self, atoms: Sequence[Atom]) -> list[tuple[Weight, Weight]]:
        """Code points, entities, pictures and turns from text to pictures or back."""
        return scale.weights(atoms)

    def may_fit(self, total: Weight) -> bool:
        characters, entities, pictures, turns = total
        limit = self.caption if pictures else self.text
        return characters <= limit and entities <= self.entities and pictures <= ALBUM and turns <= 1

    def fits(self, atoms: Sequence[Atom]) -> bool:
        if sum(len(atom.text.strip()) for atom in atoms) > self.text:
            return False
        outline = shape(atoms)
        if outline is None:
            return False
        message = composed(outline.text)
        limit = self.caption if outline.images else self.text
        return len(message.text) <= limit and len(message.stretches) <= self.entities

"""How much one Discord message holds: Discord's answers to `bots.packing`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bots.layout.atoms import Atom
from bots.layout.measuring import Weight
from bots.platforms.discord import scale
from bots.platforms.discord.dialect import Composed, compose
from bots.platforms.discord.scale import LINK_ROOM, units

__all__ = ["FILES", "LIMIT", "LONGEST_ADDRESS", "DiscordMeasure", "overtaking", "units"]

LIMIT = 2000
"""Characters of `content`. The server counts code points (discord 1.1), clients UTF-16 units: the larger one holds."""
FILES = 10
"""Attachments of one message (error 30015)."""
LONGEST_ADDRESS = 1000
"""A link to a longer address is shown as text: with its label it might not fit into any message."""


@dataclass(frozen=True, slots=True)
class DiscordMeasure:
    """`reserve` units of every message are kept free."""

    inert: bool = True
    reserve: int = 0
    room: int = 450
    """Of a label; with every character escaped and the longest address it still fits."""

    def weights(self, atoms: Sequence[Atom]) -> list[tuple[Weight, Weight]]:
        """UTF-16 units of the text with all its markup, and pictures."""
        return scale.weights(atoms, inert=self.inert)

    def may_fit(self, total: Weight) -> bool:
        characters, pictures = total
        return characters <= LIMIT - self.reserve and pictures <= FILES

    def fits(self, atoms: Sequence[Atom]) -> bool:
        if sum(len(atom.text.strip()) for atom in atoms) > LIMIT:
            return False
        pictures = sum(atom.image is not None for atom in atoms)
        return pictures <= FILES and not any(overtaking(atoms)) and self.size(compose(atoms, inert=self.inert)) <= LIMIT

    def size(self, composed: Composed) -> int:
        """UTF-16 units that the message will have at most, its contents entries linked."""
        return units(composed.text) + self.reserve + LINK_ROOM * len(composed.slots)


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

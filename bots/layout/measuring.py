"""What a platform tells `bots.packing` about its messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bots.layout.atoms import Atom

Run = tuple[Atom, ...]
"""The atoms of one message."""
Weight = tuple[int, ...]
"""Amounts of what a platform counts (characters, entities, pictures ...), always in the same order."""


class Measure(Protocol):
    """What a platform says about runs of atoms. If a run fits, every part of it fits too."""

    @property
    def room(self) -> int:
        """Characters up to which a link or a code span is kept whole."""
        ...

    def weights(self, atoms: Sequence[Atom]) -> list[tuple[Weight, Weight]]:
        """For each atom what it adds to a message: as the first in it, and right behind the atom before it in `atoms`.

        Never more than it really adds, but as near to it as can be had cheaply: the nearer, the less has to be asked.
        """
        ...

    def may_fit(self, total: Weight) -> bool:
        """False when no message can hold that sum of weights; never False for a run that fits."""
        ...

    def fits(self, atoms: Sequence[Atom]) -> bool:
        """True when one message can hold the run; exact."""
        ...

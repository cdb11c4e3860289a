"""Sharing a section's atoms out over messages: as few as possible, cut where it hurts least.

The number of messages comes first, the pain of the cuts second; a cut at a NEVER is made only when nothing else fits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Protocol

from bots.layout.atoms import RULE, Atom, Cut
from bots.layout.sentences import refine

Run = tuple[Atom, ...]
Weight = tuple[int, ...]

# One more message is worse than any number of cuts in it, a broken promise worse than any number of messages.
_MESSAGE = 10**9
_PAIN = {
    Cut.FORCED: 0,
    Cut.SUBHEADING: 1,
    Cut.BLOCK: 10,
    Cut.ITEM: 30,
    Cut.LINE: 60,
    Cut.SENTENCE: 150,
    Cut.WORD: 1000,
    Cut.NEVER: 10**15,
}


class Measure(Protocol):
    """What a platform says about runs of atoms. If a run fits, every part of it fits too."""

    @property
    def room(self) -> int:
        """Characters up to which a link or a code span is kept whole."""
        ...

    def weight(self, atom: Atom) -> Weight:
        """What the atom adds to a message at the very least, in the platform's own units; always the same length."""
        ...

    def may_fit(self, total: Weight) -> bool:
        """False when no message can hold that sum of weights; cheap, and never False for a run that fits."""
        ...

    def fits(self, atoms: Sequence[Atom]) -> bool:
        """True when one message can hold the run; exact."""
        ...


def pack(atoms: Sequence[Atom], measure: Measure) -> list[Run]:
    """The runs that become messages, in reading order; together they are all the atoms but rules at their edges."""
    runs = [run for part in _forced(atoms) for run in _packed(part, measure)]
    return [trimmed for trimmed in map(_without_edge_rules, runs) if trimmed]


def _forced(atoms: Sequence[Atom]) -> list[Run]:
    starts = [at for at, atom in enumerate(atoms) if at and atom.cut is Cut.FORCED]
    bounds = [0, *starts, len(atoms)]
    return [tuple(atoms[a:b]) for a, b in pairwise(bounds) if b > a]


def _without_edge_rules(run: Run) -> Run:
    while run and run[0].text == RULE:
        run = run[1:]
    while run and run[-1].text == RULE:
        run = run[:-1]
    return run


def _packed(atoms: Run, measure: Measure) -> list[Run]:
    if measure.fits(atoms):
        return [atoms]
    coarse = _Problem(_small_enough(atoms, measure), measure)
    bounds = coarse.solved()
    price = coarse.price(bounds)
    # Word cuts are worth it only where they save a message or a promise, and mostly it is plain that they can't.
    if coarse.at_best() < price:
        fine = _Problem(tuple(part for atom in atoms for part in refine(atom, measure.room)), measure)
        finer = fine.solved()
        if fine.price(finer) < price:
            return fine.runs(finer)
    return coarse.runs(bounds)


def _small_enough(atoms: Run, measure: Measure) -> Run:
    return tuple(part for atom in atoms for part in ((atom,) if measure.fits((atom,)) else refine(atom, measure.room)))


class _Problem:
    """Atoms to be shared out, with how far a message that starts at each of them can reach."""

    def __init__(self, atoms: Run, measure: Measure) -> None:
        self._atoms, self._measure = atoms, measure
        self._reach = _reaches(atoms, measure)
        self._proved: set[tuple[int, int]] = set()

    def price(self, bounds: Sequence[int]) -> tuple[int, int]:
        """Cuts at a NEVER, and messages."""
        broken = sum(self._atoms[at].cut is Cut.NEVER for at in bounds[1:-1])
        return broken, len(bounds) - 1

    def at_best(self) -> tuple[int, int]:
        """A price that no division can beat, not even one that cuts between words."""
        count, at, left = 0, 0, False
        while at < len(self._atoms) or left:
            count += 1
            at = self._reach[at] if at < len(self._atoms) else at
            # All but the last word of the next atom might go in as well.
            left = at < len(self._atoms) and len(refine(self._atoms[at], self._measure.room)) > 1
            at += left
        return 0, count

    def runs(self, bounds: Sequence[int]) -> list[Run]:
        return [self._atoms[a:b] for a, b in pairwise(bounds)]

    def solved(self) -> list[int]:
        """The best bounds whose runs all fit: solve with the estimate, check, tighten, solve again."""
        while True:
            bounds = _least_painful(self._atoms, self._reach)
            wrong = next((pair for pair in pairwise(bounds) if not self._holds(*pair)), None)
            if wrong is None:
                return bounds
            self._tighten(*wrong)

    def _holds(self, start: int, end: int) -> bool:
        # An atom that fits nowhere travels alone; it is already as small as it can be made.
        if end - start == 1 or (start, end) in self._proved:
            return True
        if not self._measure.fits(self._atoms[start:end]):
            return False
        self._proved.add((start, end))
        return True

    def _tighten(self, start: int, end: int) -> None:
        """Learn how far a message from `start` really reaches; nothing that starts earlier reaches further."""
        low, step = end - 1, 1
        while low > start + 1 and not self._holds(start, low):
            # The estimate is seldom far off, so look near it first.
            end, low, step = low, max(start + 1, low - step), step * 2
        furthest = low + bisect_left(range(low + 1, end), True, key=lambda stop: not self._holds(start, stop))
        for at in range(start, -1, -1):
            if self._reach[at] <= furthest:
                break
            self._reach[at] = max(furthest, at + 1)


def _reaches(atoms: Run, measure: Measure) -> list[int]:
    """For each start the furthest end that may fit, never falling from one start to the next."""
    weights = [measure.weight(atom) for atom in atoms]
    sums = list(accumulate(weights, _add, initial=tuple(0 for _ in weights[0])))
    reach, end = [], 0
    for start in range(len(atoms)):
        end = max(end, start + 1)
        while end < len(atoms) and measure.may_fit(_difference(sums[end + 1], sums[start])):
            end += 1
        reach.append(end)
    return reach


def _add(one: Weight, other: Weight) -> Weight:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _difference(one: Weight, other: Weight) -> Weight:
    return tuple(a - b for a, b in zip(one, other, strict=True))


def _least_painful(atoms: Run, reach: Sequence[int]) -> list[int]:
    """Bounds of the cheapest division, [0, ..., len(atoms)].

    A message's cost does not depend on where it ends, so each end needs the cheapest start in a window that only
    moves forward: a queue of rising costs gives it in constant time. Of equal starts the last wins, so that messages
    are full from the first on.
    """
    costs, before = [0], [0]
    window: deque[tuple[int, int]] = deque()
    for end in range(1, len(atoms) + 1):
        start = end - 1
        cost = costs[start] + (_PAIN[atoms[start].cut] if start else 0)
        while window and window[-1][0] >= cost:
            window.pop()
        window.append((cost, start))
        while reach[window[0][1]] < end:
            window.popleft()
        costs.append(window[0][0] + _MESSAGE)
        before.append(window[0][1])
    bounds = [len(atoms)]
    while bounds[-1]:
        bounds.append(before[bounds[-1]])
    return bounds[::-1]

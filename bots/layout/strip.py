"""A part of a section as one long strip: how far a message can reach from any place on it, and where it may be cut.

Reaches are estimated from sums of weights, which never underestimate them; what an exact look disproves is learned.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate, pairwise

from bots.layout.atoms import RULE, Atom, Cut
from bots.layout.measuring import Measure, Run, Weight
from bots.layout.sentences import cut, word_ends

Place = tuple[int, int]
"""Before an atom, and before which of its words: (3, 0) is where the fourth atom begins."""

# Atoms longer than this are laid on the strip in chunks, so that only the words around a cut are ever looked at.
_LONG, _CHUNK = 128, 64


class Strip:
    """Atoms between two breaks. Rules are no atoms of their own here: at the edge of a message they are left out."""

    def __init__(self, atoms: Sequence[Atom], measure: Measure) -> None:
        self._measure = measure
        laid = [chunk for atom in atoms for chunk in _chunks(atom, measure.room)]
        chunks = [chunk for chunk, _ in laid]
        kept = [at for at, atom in enumerate(chunks) if atom.text != RULE]
        starts = [0, *(at + 1 for at in kept)][: len(kept)]
        self._rules = {number: tuple(chunks[a:b]) for number, (a, b) in enumerate(zip(starts, kept, strict=True))}
        self._atoms = [_with_cut(chunks[at], self._rules[number]) for number, at in enumerate(kept)]
        self._ends = [laid[at][1] for at in kept]
        weights = measure.weights(chunks)
        self._first = [weights[at][0] for at in kept]
        inside = [_sum([weights[n][1] for n in range(a, b + 1)]) for a, b in zip(starts, kept, strict=True)]
        self._sums = [list(accumulate(column, initial=0)) for column in zip(*inside, strict=True)]
        self._words: dict[int, list[Atom]] = {}
        self._guessed: dict[Place, Place] = {}
        self._learned: list[tuple[Place, Place]] = []
        self._proved: set[tuple[Place, Place]] = set()

    @property
    def end(self) -> Place:
        return len(self._atoms), 0

    @cached_property
    def _places(self) -> dict[Cut, list[int]]:
        """Where the atoms of each kind of cut begin."""
        found: dict[Cut, list[int]] = {cut: [] for cut in Cut}
        for at, atom in enumerate(self._atoms):
            found[atom.cut].append(at)
        return found

    # -- how far a message reaches

    def reach(self, start: Place) -> Place:
        """The furthest place at which a message that begins at `start` may end: never too near, sometimes too far."""
        if start not in self._guessed:
            self._guessed[start] = self._guess(start)
        # Nothing that starts earlier reaches further than what was learned of a later start.
        later = bisect_left(self._learned, (start, (0, 0)))
        known = self._learned[later][1] if later < len(self._learned) else self.end
        return max(min(self._guessed[start], known), self.after(start))

    def after(self, start: Place) -> Place:
        """The next place at which anything can be cut at all."""
        at, word = start
        return (at, word + 1) if word + 1 < len(self.words(at)) else (at + 1, 0)

    def holds(self, start: Place, end: Place) -> bool:
        """True when one message can hold what lies between; exact. What can't be cut smaller travels as it is."""
        if (start, end) in self._proved or end <= self.after(start):
            return True
        if not self._measure.fits(self.run(start, end)):
            return False
        self._proved.add((start, end))
        return True

    def learn(self, start: Place, wrong: Place) -> None:
        """Find out how far a message from `start` really reaches, knowing that it does not reach `wrong`."""
        at, word = start
        low = wrong[0] if wrong[1] else wrong[0] - 1
        high, step = low + 1, 1
        # The guess is seldom far off, so look near it first.
        while low > at and not self.holds(start, (low, 0)):
            low, high, step = max(at, low - step), low, step * 2
        low += _last(range(low + 1, high), lambda end: self.holds(start, (end, 0)))
        inner = range(word + 1 if low == at else 1, len(self.words(low)))
        count = _last(inner, lambda end: self.holds(start, (low, end)))
        furthest = (low, inner[count - 1]) if count else (low, 0)
        insort(self._learned, (start, max(furthest, self.after(start))))
        self._forget_covered(start)

    def _forget_covered(self, start: Place) -> None:
        """Keep what was learned in rising order: an earlier start that reached further was wrong."""
        at = bisect_left(self._learned, (start, (0, 0)))
        limit = self._learned[at][1]
        while at and self._learned[at - 1][1] >= limit:
            at -= 1
            del self._learned[at]

    def _guess(self, start: Place) -> Place:
        at, word = start
        head, first = self._rest(at, word) if word else self._first[at], at + 1
        if not self._measure.may_fit(head):
            return self._inside(start, (at, word), (0,) * len(head))
        total = [h - column[first] for h, column in zip(head, self._sums, strict=True)]
        may_fit = self._measure.may_fit
        columns = self._sums
        ends = range(first + 1, len(self._atoms) + 1)
        more = _last(ends, lambda end: may_fit(tuple([t + c[end] for t, c in zip(total, columns, strict=True)])))
        end = first + more
        if end == len(self._atoms):
            return self.end
        return self._inside(start, (end, 0), tuple(t + c[end] for t, c in zip(total, columns, strict=True)))

    def _rest(self, at: int, word: int) -> Weight:
        """The weight of an atom from one of its words on, at the start of a message."""
        weights = self._measure.weights(self.words(at)[word:])
        # What a message that begins with the atom is let off because of later atoms, it is let off here, too.
        alone = self._measure.weights([self._atoms[at]])[0][0]
        let_off = tuple(a - b for a, b in zip(self._first[at], alone, strict=True))
        return _sum([let_off, weights[0][0], *(behind for _, behind in weights[1:])])

    def _inside(self, start: Place, end: Place, total: Weight) -> Place:
        """The last word of the atom at `end` that may still go in, when `total` is in already."""
        at, word = end
        words = self.words(at)[word:]
        if len(words) < 2:
            return end
        if start == end:
            weights = self._measure.weights(words)
            parts = [weights[0][0], *(inside for _, inside in weights[1:])]
        else:
            parts = [inside for _, inside in self._measure.weights([self._atoms[at - 1], *words])[1:]]
        sums = list(accumulate(parts, _add, initial=total))
        return at, word + _last(range(1, len(words)), lambda count: self._measure.may_fit(sums[count]))

    # -- what lies on the strip

    def words(self, at: int) -> list[Atom]:
        """The atom at that place in its smallest pieces, one if it can't be cut."""
        if at not in self._words:
            atom, ends = self._atoms[at], self._ends[at]
            self._words[at] = _cut(atom, word_ends(atom, self._measure.room) if ends is None else ends)
        return self._words[at]

    def run(self, start: Place, end: Place) -> Run:
        """The atoms between two places, without rules at the edges."""
        (first, word), (last, stop) = start, end
        if first == last:
            return tuple(self.words(first)[word:stop])
        atoms = list(self.words(first)[word:]) if word else [self._atoms[first]]
        for at in range(first + 1, last):
            atoms += [*self._rules[at], self._atoms[at]]
        if stop:
            atoms += [*self._rules[last], *self.words(last)[:stop]]
        return tuple(atoms)

    def last(self, kind: Cut, start: Place, reach: Place) -> Place | None:
        """The last place behind `start`, up to `reach`, at which an atom begins with that kind of cut."""
        places = self._places[kind]
        at = bisect_right(places, reach[0]) - 1
        return (places[at], 0) if at >= 0 and places[at] > start[0] else None

    def last_word(self, kind: Cut, start: Place, reach: Place, stop: int) -> Place | None:
        """The last place inside an atom that allows that kind of cut, looking back no further than atom `stop`."""
        for at in range(min(reach[0], len(self._atoms) - 1), max(stop, start[0]) - 1, -1):
            word = reach[1] if at == reach[0] else len(self.words(at)) - 1
            if (at, word) > max(start, (at, 0)) and self.words(at)[word].cut is kind:
                return at, word
        return None


def _chunks(atom: Atom, room: int) -> list[tuple[Atom, list[int] | None]]:
    """The atom, or if it is long its chunks, each with the offsets of its word ends where these are known."""
    if len(atom.text) <= _LONG:
        return [(atom, None)]
    ends = word_ends(atom, room)
    bounds = [0, *_spaced(ends, _CHUNK)]
    inner = [[end - a for end in ends[bisect_right(ends, a) : bisect_right(ends, b)]] for a, b in pairwise(bounds)]
    return list(zip(_cut(atom, bounds[1:]), inner, strict=True))


def _spaced(ends: Sequence[int], least: int) -> list[int]:
    """Of rising offsets the last, and before it those that lie at least so far behind the one before."""
    kept = [0]
    for end in ends:
        if end - kept[-1] >= least:
            kept.append(end)
    return [*kept[1:-1], ends[-1]]


def _cut(atom: Atom, ends: Sequence[int]) -> list[Atom]:
    """The atom cut at these offsets; inside a heading or a caption that breaks a promise."""
    first, *others = cut(atom, ends)
    if atom.frame.heading or atom.caption:
        others = [replace(piece, cut=Cut.NEVER) for piece in others]
    return [first, *others]


def _with_cut(atom: Atom, rules: Sequence[Atom]) -> Atom:
    """The atom with the cut that it shares with the rules right before it."""
    cuts = [atom.cut, *(rule.cut for rule in rules)]
    cut = Cut.NEVER if Cut.NEVER in cuts else min(cuts)
    return atom if cut is atom.cut else replace(atom, cut=cut)


def _last(numbers: range, holds: Callable[[int], bool]) -> int:
    """How many of the numbers, from the first on, `holds` is true for; true never comes after false."""
    return bisect_left(numbers, True, key=lambda number: not holds(number))


def _add(one: Weight, other: Weight) -> Weight:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _sum(weights: Sequence[Weight]) -> Weight:
    return weights[0] if len(weights) == 1 else tuple(map(sum, zip(*weights, strict=True)))

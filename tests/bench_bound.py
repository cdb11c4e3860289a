"""The least number of messages, found without the machinery of `bots.packing`: an independent judge for it.

Every part is cut into words, and each message takes all the words that the platform's exact `fits` lets it have, back
to the last place where the hard rules allow a message to end. No weights, no estimates, no prices. As a part of what
fits fits as well, no other division can be ahead of this one after any number of messages, so none needs fewer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from unittest.mock import patch

from bots.layout.atoms import RULE, Atom, Cut
from bots.layout.sentences import refine
from bots.model import Destination, Issue
from bots.packing import Measure, Run, pack
from bots.platforms.base import Renderer


@dataclass(slots=True)
class Recorder:
    """Listens to what a renderer asks of `pack`."""

    asked: list[tuple[Sequence[Atom], Measure, list[Run]]] = field(default_factory=list)

    def __call__(self, atoms: Sequence[Atom], measure: Measure) -> list[Run]:
        runs = pack(atoms, measure)
        self.asked.append((atoms, measure, runs))
        return runs


def used_and_least(renderer: Renderer, issue: Issue, destination: Destination) -> Iterator[tuple[int, int]]:
    """Messages used, and the least number, for everything in the issue that one message does not hold."""
    recorder = Recorder()
    with patch(f"{type(renderer).__module__}.pack", recorder):
        renderer.render(issue, destination, frozenset())
    for atoms, measure, runs in recorder.asked:
        if len(runs) > 1:
            yield len(runs), sum(_least(part, measure) for part in _parts(atoms))


def _parts(atoms: Sequence[Atom]) -> Iterator[Sequence[Atom]]:
    """What stands between breaks."""
    starts = [0, *(at for at, atom in enumerate(atoms) if at and atom.cut is Cut.FORCED), len(atoms)]
    return (atoms[a:b] for a, b in pairwise(starts))


def _least(atoms: Sequence[Atom], measure: Measure) -> int:
    words = [word for atom in atoms for word in _words(atom, measure)]
    count, start = 0, _content(words, 0)
    while start < len(words):
        end = _furthest(words, start, measure)
        allowed = next((at for at in range(end, start, -1) if at == len(words) or words[at].cut is not Cut.NEVER), end)
        count, start = count + 1, _content(words, allowed)
    return count


def _words(atom: Atom, measure: Measure) -> list[Atom]:
    first, *others = refine(atom, measure.room)
    whole = atom.frame.heading > 0 or atom.caption
    return [first, *(replace(word, cut=Cut.NEVER) for word in others)] if whole else [first, *others]


def _content(words: Sequence[Atom], start: int) -> int:
    """The first place from `start` on that is no rule: a message doesn't show them at its edges."""
    return next((at for at in range(start, len(words)) if words[at].text != RULE), len(words))


def _furthest(words: Sequence[Atom], start: int, measure: Measure) -> int:
    def is_too_far(end: int) -> bool:
        while end > start + 1 and words[end - 1].text == RULE:
            end -= 1
        return end > start + 1 and not measure.fits(words[start:end])

    step = 64
    while start + step < len(words) and not is_too_far(start + step):
        step *= 2
    return (
        bisect_left(range(len(words) + 1), True, lo=start + 1, hi=min(start + step, len(words)) + 1, key=is_too_far) - 1
    )

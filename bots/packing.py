"""Sharing a section's atoms out over messages: as few as possible, cut where it hurts least.

The hard rules, which decide before any number does:

1. The author's order is kept; nothing is moved from one message to another to fill it.
2. A message holds what its platform's `Measure` says one message can hold.
3. A message starts where the author asked for one, and where the platform asks for one (`Cut.FORCED`).
4. Inside an atom a message may start only between words, never in a grapheme, and never in a link or a code span that
   is no longer than the measure's `room`. A rule line is no content: at the edge of a message it is left out.
5. A heading stays with what follows, a caption with its picture, and both stay whole (`Cut.NEVER`). That promise is
   broken only where nothing else fits, and then as seldom as possible.

Of all the ways to share the atoms out under these rules, `pack` takes one with the fewest messages, and of those one
with the least pain: sub-headings before paragraphs before items before lines before sentences, and no number of these
is worth one cut between words. Equals are settled in favour of fuller messages first.

That holds as far as the measure keeps its word: a part of a run that fits must fit as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bots.layout.atoms import RULE, Atom, Cut
from bots.layout.measuring import Measure, Run, Weight
from bots.layout.shortest import ANYWHERE, BETWEEN_SENTENCES, BETWEEN_WORDS, least, shortest
from bots.layout.strip import Place, Strip

__all__ = ["Measure", "Run", "Weight", "pack"]


def pack(atoms: Sequence[Atom], measure: Measure) -> list[Run]:
    """The runs that become messages, in reading order; together they are all the atoms but rules at their edges."""
    return [run for part in _forced(atoms) for run in _packed(_without_edge_rules(part), measure)]


def _forced(atoms: Sequence[Atom]) -> list[Run]:
    starts = [at for at, atom in enumerate(atoms) if at and atom.cut is Cut.FORCED]
    bounds = [0, *starts, len(atoms)]
    return [tuple(atoms[a:b]) for a, b in pairwise(bounds) if b > a]


def _without_edge_rules(run: Run) -> Run:
    kept = [at for at, atom in enumerate(run) if atom.text != RULE]
    return run[kept[0] : kept[-1] + 1] if kept else ()


def _packed(atoms: Run, measure: Measure) -> list[Run]:
    if not atoms or measure.fits(atoms):
        return [atoms] if atoms else []
    strip = Strip(atoms, measure)
    return [strip.run(start, end) for start, end in pairwise(_bounds(strip))]


def _bounds(strip: Strip) -> list[Place]:
    whole = shortest(strip, BETWEEN_SENTENCES)
    # Cuts between words are worth it only where they save a message, and mostly it is plain that they can't.
    if whole is not None and len(whole) - 1 == least(strip):
        return whole
    found = shortest(strip, BETWEEN_WORDS) or shortest(strip, ANYWHERE)
    if found is None:
        raise AssertionError("with cuts anywhere there is always a way")
    return found

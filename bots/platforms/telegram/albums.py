"""The last picture of many in a message of its own looks lost: it gets company where that costs nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile

from bots.packing import Measure, Run


def evened(runs: Sequence[Run], measure: Measure) -> list[Run]:
    """The runs, with eleven pictures as nine and two instead of ten and one.

    The order, the number of messages and the pain of the cuts stay what they were.
    """
    found = list(runs)
    for at in range(1, len(found)):
        found[at - 1], found[at] = _shared(found[at - 1], found[at], measure)
    return found


def _shared(before: Run, lonely: Run, measure: Measure) -> tuple[Run, Run]:
    last = max((at for at, atom in enumerate(before) if atom.image is not None), default=0)
    one, other = before[:last], (*before[last:], *lonely)
    wanted = _pictures(lonely) == 1 and _pictures(before) > 2 and _bare(lonely) and _bare(before[last:])
    if wanted and before[last].cut <= lonely[0].cut and measure.fits(one) and measure.fits(other):
        return one, other
    return before, lonely


def _pictures(run: Run) -> int:
    return sum(atom.image is not None for atom in run)


def _bare(run: Run) -> bool:
    """Pictures and their captions alone; a picture with a text of its own is not lonely."""
    return not list(dropwhile(lambda atom: atom.image is not None or atom.caption, run))

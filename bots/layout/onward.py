"""The line that leads from a chat that shows only a part of an issue to the whole of it, on the author's site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.layout.atoms import Atom, Cut, Frame, Mark, MarkKind, Span

WORDS = {"zh": "在网站上阅读全文", "en": "Read it on the website"}
"""What the line says, by language."""
# Neither a section nor the card nor the contents have this number.
_BLOCK = -2


def onward(lead: Sequence[Atom], site: str, words: str) -> tuple[Atom, ...]:
    """The lead with the line below its title card, so that it is in the first message however long the lead is.

    A lead without a card ends with it. `site` is the post's address; without one there is nothing to lead to.
    """
    if not site:
        return tuple(lead)
    card = sum(1 for atom in lead if atom.frame.block < 1)
    line = Atom(Frame(_BLOCK), Cut.NEVER if card else Cut.BLOCK, (Span(words, (Mark(MarkKind.LINK, site),)),))
    if card:
        return (*lead[:card], line, *lead[card:])
    return (*lead, replace(line, gap=bool(lead)))

"""The few words that are said about an issue's messages after they went out: errata, and what was taken back."""

from __future__ import annotations

from bots.layout.atoms import Atom, Cut, Frame, Mark, MarkKind, Span

CORRECTION = {"zh": "更正：", "en": "Correction: "}
"""What an erratum begins with, by language."""
WITHDRAWN = {"zh": "（已撤回）", "en": "(Withdrawn)"}
"""What goes before a message that can't be taken out of a chat any more, by language."""


def erratum(word: str, text: str) -> Atom:
    """An erratum, which the author wrote as plain text, behind its opening word."""
    return Atom(Frame(1), Cut.BLOCK, (Span(word, (Mark(MarkKind.BOLD),)), Span(text)))

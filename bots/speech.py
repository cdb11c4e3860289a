"""What the bots say in their own words: plain text as messages of any platform, with buttons below it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bots.document import Inline, LineBreak, Paragraph, Text
from bots.model import Button, Destination, Issue, Message, Post, Section
from bots.platforms.base import Renderer

_WORDS = "words"


def messages(
    renderer: Renderer, destination: Destination, text: str, buttons: Sequence[Sequence[Button]] = ()
) -> tuple[Message, ...]:
    """The text as the fewest messages, the buttons below the last; nothing in it means anything to the platform.

    It takes the way of a post's text, so whatever keeps a post's words as they were written keeps these.
    """
    blocks = [Paragraph(tuple(_lines(part)), 1) for part in text.split("\n\n") if part.strip()]
    section = Section(_WORDS, "", (), tuple(blocks), 1, text)
    issue = Issue(Post(Path(), _WORDS, _WORDS, "", text, 1), (section,))
    *before, last = renderer.render(issue, destination, frozenset())
    return (*before, renderer.with_buttons(last, buttons) if buttons else last)


def _lines(text: str) -> list[Inline]:
    found: list[Inline] = []
    for line in text.split("\n"):
        found += [LineBreak(), Text(line)] if found else [Text(line)]
    return found

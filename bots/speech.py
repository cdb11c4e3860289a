"""What the bots say in their own words: plain text as messages of any platform, with buttons below it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bots.document import Inline, LineBreak, Mono, Paragraph, Text
from bots.model import Button, Destination, Issue, Message, Post, Section
from bots.platforms.base import Renderer

_WORDS = "words"
_COMMAND = re.compile(r"`(weektech [^`]+)`")


def messages(
    renderer: Renderer, destination: Destination, text: str, buttons: Sequence[Sequence[Button]] = ()
) -> tuple[Message, ...]:
    """The text as the fewest messages, the buttons below the last; nothing in it means anything to the platform.

    A command in backticks becomes code, which can be copied as it is. The text takes the way of a post's text, so
    whatever keeps a post's words as they were written keeps these.
    """
    blocks = [Paragraph(tuple(_lines(part)), 1) for part in text.split("\n\n") if part.strip()]
    section = Section(_WORDS, "", (), tuple(blocks), 1, text)
    issue = Issue(Post(Path(), _WORDS, _WORDS, "", text, 1), (section,))
    *before, last = renderer.render(issue, destination, frozenset())
    return (*before, renderer.with_buttons(last, buttons) if buttons else last)


def _lines(text: str) -> list[Inline]:
    found: list[Inline] = []
    for line in text.split("\n"):
        found += [LineBreak(), *_parts(line)] if found else _parts(line)
    return found


def _parts(line: str) -> list[Inline]:
    # Every second part is what the group caught.
    parts = enumerate(_COMMAND.split(line))
    return [Mono(part) if number % 2 else Text(part) for number, part in parts if part]

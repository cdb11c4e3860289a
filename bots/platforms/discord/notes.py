"""What is said about a message that should have been taken back and can't be. Pure."""

from __future__ import annotations

from dataclasses import replace

from bots.layout.atoms import Mark, MarkKind, Span
from bots.model import Message
from bots.platforms.discord.escape import line_start
from bots.platforms.discord.inline import render
from bots.platforms.discord.layouts import with_content
from bots.platforms.discord.measure import LIMIT, units

_STRIKE = (Mark(MarkKind.STRIKE),)
_CUT = "…"


def struck(word: str, text: str) -> str:
    """The words struck through line by line behind `word`; the last lines go where all of them are too long."""
    content = word
    for line in text.split("\n"):
        through = line_start(render((Span(line, _STRIKE),), inert=True))
        if units(content) + units(through) + len(_CUT) + 2 > LIMIT:
            return f"{content}\n{_CUT}"
        content += f"\n{through}"
    return content.strip()


def withdrawn(word: str, message: Message) -> Message:
    """The message with its words struck through; its pictures stay."""
    said = with_content(message, struck(word, message.text))
    return replace(said, text=f"{word}\n{message.text}".strip(), slots=(), after=())

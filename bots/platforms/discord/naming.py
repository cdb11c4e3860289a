"""Names of threads and posts. Pure."""

from __future__ import annotations

import re

from bots.platforms.discord.escape import GUARD, plain

LONGEST = 100
_CALL = re.compile(r"<@&[0-9]+>")
_TITLE = re.compile(r"^# ", re.MULTILINE)
_LINE_MARK = re.compile(r"^\s*(?:#{1,3}|-#|>|-)\s+")
_EMPHASIS = re.compile(r"(?<!\\)[*_~|`]")


def named(title: str) -> str:
    """A title as the name of a thread: one line of at most 100 characters (discord 4.4)."""
    line = " ".join(title.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def named_after(content: str) -> str:
    """The thread's name for the message that it hangs on: its title, or what its first line says."""
    said = _CALL.sub("", content)
    title = _TITLE.search(said)
    lines = (_LINE_MARK.sub("", line) for line in said[title.start() if title else 0 :].split("\n"))
    words = (plain(_EMPHASIS.sub("", line)).replace(GUARD, "").strip() for line in lines)
    return named(next(filter(None, words), "…"))


def letters(text: str) -> str:
    """What is left of a text when everything is taken away that a server might change in it."""
    return "".join(char for char in text.casefold() if char.isalnum())

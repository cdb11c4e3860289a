"""The commands as Telegram shows them: one list for each kind of chat and each language (telegram.md 8). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots.platforms.listening import MenuEntry

_LONGEST = 256
"""Characters of a command's description."""
_EVERYBODY: Mapping[str, Any] = {"type": "default"}
_USUAL = "en"
"""Shown to those whose language has no words, where there are some in it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The commands that are shown in one place."""

    scope: Mapping[str, Any]
    """A `BotCommandScope`."""
    language: str
    """Two letters, empty for everybody else."""
    commands: tuple[Mapping[str, str], ...]


def shelves(menu: Sequence[MenuEntry], author: str | None) -> Iterator[Shelf]:
    """Every list there has to be. The author's chat, if there is one, has a list of its own with everything in it."""
    yield from _in_each_language(_EVERYBODY, [entry for entry in menu if not entry.author])
    if author is not None and author.isdecimal():
        yield from _in_each_language({"type": "chat", "chat_id": int(author)}, menu)


def _in_each_language(scope: Mapping[str, Any], menu: Sequence[MenuEntry]) -> Iterator[Shelf]:
    languages = dict.fromkeys(language for entry in menu for language in entry.words)
    for language in ("", *languages):
        yield Shelf(scope, language, tuple(_command(entry, language) for entry in menu))


def _command(entry: MenuEntry, language: str) -> Mapping[str, str]:
    """What may stand behind a command has no place of its own, so its description says it."""
    option = f" ({_in(entry.option_words, language)})" if entry.option_words else ""
    words = _in(entry.words, language)
    return {"command": entry.command, "description": words[: _LONGEST - len(option)] + option}


def _in(words: Mapping[str, str], language: str) -> str:
    usual = words.get(_USUAL) or next(iter(words.values()))
    return words.get(language, usual)

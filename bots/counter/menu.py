"""The commands there are, as the platforms show them."""

from __future__ import annotations

from collections.abc import Mapping

from bots.platforms.listening import MenuEntry
from bots.wording import LANGUAGES, tongue

_WORDS = {
    "latest": "The newest issue",
    "issue": "An issue by number, date or words",
    "archive": "All issues",
    "search": "Search all issues",
    "sections": "The sections of the column",
    "subscribe": "Get each issue in a private chat",
    "unsubscribe": "Get no issues any more",
    "comments": "What readers say about an issue",
    "lang": "Choose a language",
    "privacy": "What is kept of you",
    "forget": "Delete what is kept of you",
    "help": "What I can do",
}
"""What each command does, in the order of the menu."""
_OPTIONS = {
    "issue": ("issue", "Number, date or words of the title", True, True),
    "search": ("words", "Words to look for", True, False),
    "archive": ("page", "Page of the list", False, False),
    "comments": ("issue", "Number, date or words of the title", False, True),
}
"""Command to the name of its option, what that is, whether it must be there, and whether it is completed."""


def _in_all(english: str) -> Mapping[str, str]:
    return {language: tongue(language)(english) for language in LANGUAGES}


def menu() -> tuple[MenuEntry, ...]:
    """The menu in all languages."""
    return tuple(_entry(command, english) for command, english in _WORDS.items())


def _entry(command: str, english: str) -> MenuEntry:
    if command not in _OPTIONS:
        return MenuEntry(command, _in_all(english))
    option, words, required, completes = _OPTIONS[command]
    return MenuEntry(command, _in_all(english), option, _in_all(words), required, completes)

"""The commands as Discord is told of them (discord.md 6). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bots.platforms.listening import MenuEntry

LOCALES: Mapping[str, tuple[str, ...]] = {"en": ("en-US", "en-GB"), "zh": ("zh-CN",)}
"""Discord's names of our languages. What is not among them sees English, and so must everybody by default."""
LONGEST = 100
"""Characters of a description."""
_TEXT, _COMMAND = 3, 1
_NOBODY = "0"
"""Rights that only administrators have: Discord's own way to keep a command from everybody else."""
_SERVER, _PRIVATE = 0, 1


def commands(menu: Sequence[MenuEntry]) -> list[dict[str, Any]]:
    """The whole list; what is not in it Discord forgets."""
    return [_command(entry) for entry in menu]


def told(known: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """True when Discord has the very same commands; what it adds to them, such as their ids, does not count."""
    by_name = {str(each.get("name")): each for each in known}
    return by_name.keys() == {each["name"] for each in wanted} and all(
        _holds(by_name[each["name"]], each) for each in wanted
    )


def _holds(found: Any, wanted: Any) -> bool:
    """True when everything wanted is there. What is empty or false may be left out by Discord."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            _holds(found.get(name), value) if value else not found.get(name) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_holds(a, b) for a, b in zip(found, wanted, strict=True))
        )
    return bool(found == wanted)


def _command(entry: MenuEntry) -> dict[str, Any]:
    options = [_option(entry)] if entry.option else []
    return {
        "type": _COMMAND,
        "name": entry.command,
        **_described(entry.words),
        "options": options,
        "contexts": [_SERVER] if entry.author else [_SERVER, _PRIVATE],
        "default_member_permissions": _NOBODY if entry.author else None,
    }


def _option(entry: MenuEntry) -> dict[str, Any]:
    return {
        "type": _TEXT,
        "name": entry.option,
        **_described(entry.option_words or {"en": entry.option}),
        "required": entry.required,
        "autocomplete": entry.completes,
    }


def _described(words: Mapping[str, str]) -> dict[str, Any]:
    """The description for everybody, and in every language there is; the default's own locale is named as well."""
    cut = {language: said[:LONGEST] for language, said in words.items() if said}
    localised = {locale: cut[language] for language, names in LOCALES.items() if language in cut for locale in names}
    return {"description": cut.get("en") or next(iter(cut.values()), "-"), "description_localizations": localised}

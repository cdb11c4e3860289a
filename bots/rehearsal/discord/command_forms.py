"""The rules of application commands: names, descriptions, options, sizes (discord.md 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

import regex

from bots.rehearsal.discord.problems import Path, Problems, mapping, sequence
from bots.rehearsal.discord.reply_forms import CHOICES, check_choices
from bots.rehearsal.discord.validation import integer_field
from bots.rehearsal.discord.wire import Json

NAME = 32
DESCRIPTION = 100
OPTIONS = 25
SIZE = 8000
"""Characters of names, descriptions and values together, each in its longest language."""

LOCALES = frozenset(
    {"bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja"}
    | {"ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW"}
)

_NAME = regex.compile(r"[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}")


class Option(IntEnum):
    """Kinds of option."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


_CHOSEN = frozenset({Option.STRING, Option.INTEGER, Option.NUMBER})
"""Kinds of option that may have choices, or complete what is typed."""
_NESTED = frozenset({Option.SUB_COMMAND, Option.SUB_COMMAND_GROUP})

_DEFAULTS: dict[str, Any] = {
    "type": 1,
    "description": "",
    "name_localizations": None,
    "description_localizations": None,
    "default_member_permissions": None,
    "nsfw": False,
    "contexts": None,
    "integration_types": [0],
}


def read_command(body: Json, path: Path | None = None, problems: Problems | None = None) -> dict[str, Any]:
    """A command as the server keeps it, without its ids. Raises Refused 50035, unless `problems` gathers for others."""
    at, found = path or [], problems or Problems()
    command = _DEFAULTS | {name: value for name, value in body.items() if value is not None and name in _KEPT}
    typed = command["type"] not in (2, 3)
    if command["type"] not in (1, 2, 3):
        found.add([*at, "type"], "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}.")
    _check_name(found, [*at, "name"], body.get("name"), typed=typed)
    _check_languages(found, at, body, typed=typed)
    _check_audience(found, at, body)
    if typed:
        found.between([*at, "description"], body.get("description"), 1, DESCRIPTION)
        _check_options(found, [*at, "options"], sequence(body.get("options")), depth=0)
    elif body.get("description"):
        text = "Context menu commands cannot have description"
        found.add([*at, "description"], "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID", text)
    if _size(body) > SIZE:
        found.add(at or ["name"], "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE})")
    if problems is None:
        found.settle()
    return command


_KEPT = frozenset({*_DEFAULTS, "name", "options"})


def _check_name(problems: Problems, path: Path, name: object, *, typed: bool) -> None:
    """What is typed after a slash has a narrow alphabet, in lower case; what stands in a menu has none."""
    problems.between(path, name, 1, NAME)
    if not typed or not isinstance(name, str) or not 1 <= len(name) <= NAME:
        return
    if not _NAME.fullmatch(name) or name != name.lower():
        problems.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_languages(problems: Problems, path: Path, body: Json, *, typed: bool = True) -> None:
    for locale, name in mapping(body.get("name_localizations")).items():
        _check_locale(problems, [*path, "name_localizations"], locale)
        _check_name(problems, [*path, "name_localizations", locale], name, typed=typed)
    for locale, words in mapping(body.get("description_localizations")).items():
        _check_locale(problems, [*path, "description_localizations"], locale)
        problems.between([*path, "description_localizations", locale], words, 1, DESCRIPTION)


def _check_audience(problems: Problems, path: Path, body: Json) -> None:
    """Who may use it, as permission bits, and in what kinds of place."""
    rights, contexts = body.get("default_member_permissions"), body.get("contexts")
    if rights is not None:
        integer_field(problems, [*path, "default_member_permissions"], rights)
    if contexts is not None and (not isinstance(contexts, list) or any(each not in (0, 1, 2) for each in contexts)):
        problems.add([*path, "contexts"], "BASE_TYPE_CHOICES", "Value must be one of {0, 1, 2}.")


def _check_locale(problems: Problems, path: Path, locale: str) -> None:
    if locale not in LOCALES:
        problems.add([*path, locale], "ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.')


def _check_options(problems: Problems, path: Path, options: list[Any], *, depth: int) -> None:
    problems.between(path, "." * len(options), 0, OPTIONS)
    there = [mapping(each) for each in options]
    names = [each.get("name") for each in there]
    if len(set(map(str, names))) < len(names):
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    needed = [each.get("required") is True for each in there]
    if needed != sorted(needed, reverse=True):
        text = "Required options must be placed before non-required options"
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
    nested = {each.get("type") in tuple(_NESTED) for each in there}
    if len(nested) > 1:
        text = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    for n, each in enumerate(there):
        _check_option(problems, [*path, n], each, depth)


def _check_option(problems: Problems, path: Path, option: Json, depth: int) -> None:
    kind = option.get("type")
    if not isinstance(kind, int) or kind not in set(Option):
        choices = ", ".join(str(int(each)) for each in Option)
        problems.add([*path, "type"], "BASE_TYPE_CHOICES", f"Value must be one of {{{choices}}}.")
        return
    _check_name(problems, [*path, "name"], option.get("name"), typed=True)
    problems.between([*path, "description"], option.get("description"), 1, DESCRIPTION)
    _check_languages(problems, path, option)
    if kind in _NESTED:
        # Groups hold sub-commands, sub-commands hold values, and nothing goes deeper.
        if depth > 1 or (kind == Option.SUB_COMMAND_GROUP and depth > 0):
            text = "Sub-command option type may not be nested here"
            problems.add([*path, "type"], "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
            return
        _check_options(problems, [*path, "options"], sequence(option.get("options")), depth=depth + 1)
    elif option.get("choices") or option.get("autocomplete"):
        _check_help(problems, path, option)


def _check_help(problems: Problems, path: Path, option: Json) -> None:
    """Choices, or completion while typing; only one of the two, and only where something is typed."""
    if option.get("type") not in _CHOSEN:
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This option type may not have choices")
    choices = sequence(option.get("choices"))
    if choices and option.get("autocomplete"):
        text = f"Autocomplete and choices (at most {CHOICES}) are mutually exclusive"
        problems.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES_INVALID", text)
    check_choices(problems, [*path, "choices"], choices)


def _size(command: Json) -> int:
    return sum(_sizes(command)) + sum(_size(mapping(each)) for each in sequence(command.get("options")))


def _sizes(part: Json) -> Iterable[int]:
    """Lengths of one level's texts; a translated one counts with its longest language."""
    for name in ("name", "description"):
        languages = mapping(part.get(f"{name}_localizations")).values()
        yield max(len(str(words or "")) for words in (part.get(name), *languages))
    for choice in map(mapping, sequence(part.get("choices"))):
        names: Iterable[Any] = (choice.get("name"), *mapping(choice.get("name_localizations")).values())
        yield max(len(str(words or "")) for words in names)
        value = choice.get("value")
        yield len(value) if isinstance(value, str) else 0


def option_named(options: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    return next((each for each in options if each.get("name") == name), None)

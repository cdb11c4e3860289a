"""config.yaml's data checked: each value by itself, then those that have to fit each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from bots.configfile import DestinationPart, File
from bots.configwords import did_you_mean, plain, said
from bots.errors import ConfigError
from bots.ledger.rows import SUBSCRIBER
from bots.model import Format, Kind
from bots.yamlfile import KeyPath, Lines

Flaw: TypeAlias = tuple[KeyPath, str, str]
"""Which value is wrong, what is wrong with it, and the remedy."""


def validate(data: Mapping[str, Any], lines: Lines, path: Path) -> File:
    """The data of config.yaml as values. Raises ConfigError with the line of the first thing that is wrong."""
    try:
        file = File.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = tuple(str(part) for part in first["loc"])
        what, remedy = plain(where, first["type"], first["msg"], first.get("ctx", {})), ""
        if first["type"] == "extra_forbidden":
            what, remedy = _unknown(where)
        raise ConfigError(what, path=path, line=_line(lines, where), remedy=remedy) from None
    for where, what, remedy in (*_names(file), *_twins(file), *_digests(file), *_exports(file)):
        raise ConfigError(said(where, what), path=path, line=_line(lines, where), remedy=remedy)
    return file


def _names(file: File) -> Iterator[Flaw]:
    for name in file.destinations:
        if name.startswith(SUBSCRIBER):
            yield ("destinations", name), "names that begin so are subscribers' chats", "Choose another name."


def _twins(file: File) -> Iterator[Flaw]:
    """Two names for one chat would send everything twice."""
    found: dict[tuple[str, str, str | None], str] = {}
    for name, part in file.destinations.items():
        first = found.setdefault((part.platform, part.chat.lower(), part.topic), name)
        if first != name:
            yield ("destinations", name), f"{name} is the same chat as {first}", "Name each chat once."


def _digests(file: File) -> Iterator[Flaw]:
    for name, part in file.destinations.items():
        if part.format is Format.DIGEST and file.column.site is None:
            where = ("destinations", name, "format")
            yield where, "a digest links to the issue on your site", "Set column.site."


def _exports(file: File) -> Iterator[Flaw]:
    for name in file.comments.export:
        what, remedy = _can_export(name, file.destinations)
        if what:
            yield ("comments", "export"), what, remedy


def _can_export(name: str, destinations: Mapping[str, DestinationPart]) -> tuple[str, str]:
    """Why comments of a destination can't be exported, and the remedy; empty when they can."""
    if name not in destinations:
        return f"there is no destination {name!r}", did_you_mean(name, destinations)
    if destinations[name].meant is Kind.PRIVATE:
        return f"{name} is a private chat", "What readers write to the bot alone is never exported. Take it out."
    return "", ""


def _unknown(where: tuple[str, ...]) -> tuple[str, str]:
    """What is wrong with a key that should not be there, and the remedy."""
    name = ".".join(where)
    if "token" in where[-1].lower():
        remedy = "Put it into the environment or into .env, and revoke it if it was committed."
        return f"{name}: tokens don't belong into config.yaml.", remedy
    return f"unknown key {name!r}.", did_you_mean(where[-1], _siblings(where[:-1]))


def _line(lines: Lines, where: tuple[str, ...]) -> int | None:
    """Line of the deepest key on the way to `where` that the file really has."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where)


def _siblings(where: tuple[str, ...]) -> Iterable[str]:
    """The keys that are allowed beside an unknown one."""
    if where[:1] == ("destinations",):
        return DestinationPart.model_fields
    part: type[BaseModel] = File
    for key in where:
        field = part.model_fields.get(key)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return ()
        part = field.annotation
    return part.model_fields

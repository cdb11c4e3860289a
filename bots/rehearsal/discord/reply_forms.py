"""What an interaction may be answered with that is no message: choices while somebody types, a form to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.rehearsal.discord.problems import Problems, mapping, sequence
from bots.rehearsal.discord.wire import Json

CHOICES = 25
TITLE = 45
CUSTOM_ID = 100
FORM_ROWS = 5


def read_choices(data: Json) -> tuple[Json, ...]:
    """At most 25 choices (discord.md 6)."""
    problems = Problems()
    found = sequence(data.get("choices"))
    check_choices(problems, ["choices"], found)
    problems.settle()
    return tuple(mapping(each) for each in found)


def check_choices(problems: Problems, path: list[str | int], found: list[Any]) -> None:
    """Names of 1 to 100 characters, values as long if they are text."""
    problems.between(path, "." * len(found), 0, CHOICES)
    for n, each in enumerate(mapping(choice) for choice in found):
        problems.between([*path, n, "name"], each.get("name"), 1, 100)
        value = each.get("value")
        if isinstance(value, str) or value is None:
            problems.between([*path, n, "value"], value, 1, 100)
        for locale, name in mapping(each.get("name_localizations")).items():
            problems.between([*path, n, "name_localizations", locale], name, 1, 100)


def read_modal(data: Json) -> Json:
    """A form: a title, an id of its own, one to five rows with a field each."""
    problems = Problems()
    problems.between(["title"], data.get("title"), 1, TITLE)
    problems.between(["custom_id"], data.get("custom_id"), 1, CUSTOM_ID)
    rows = sequence(data.get("components"))
    problems.between(["components"], "." * len(rows), 1, FORM_ROWS)
    for n, row in enumerate(rows):
        if not _fields(mapping(row)) and mapping(row).get("type") != _TEXT_DISPLAY:
            problems.add(["components", n], "BASE_TYPE_REQUIRED", "This field is required")
    problems.settle()
    return data


_TEXT_DISPLAY = 10


def fields(form: Json) -> list[Mapping[str, Any]]:
    """The fields of a form, in order, whether they stand in a row or under a label."""
    return [each for row in sequence(form.get("components")) for each in _fields(mapping(row))]


def _fields(row: Json) -> list[Mapping[str, Any]]:
    if row.get("component"):
        return [mapping(row["component"])]
    return [mapping(each) for each in sequence(row.get("components"))]

"""A wrong config.yaml is answered in plain words, with the file and the line, whatever is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from bots.config import load
from bots.configfile import DestinationPart, File, WebhookPart
from bots.errors import ConfigError


def refused(folder: Path, text: str) -> ConfigError | None:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load(path, {})
    except ConfigError as error:
        return error
    return None


ONE = "destinations:\n  one:\n    platform: telegram\n"
WRONG = [
    # what is wrong, the file, the line, what the author reads
    ("text for a list", "column:\n  assets: static", 2, "column.assets has to be a list, as in [one, two]."),
    ("one id for a list", "telegram:\n  admins: 7", 2, "telegram.admins has to be a list, as in [one, two]."),
    ("a list for text", "column:\n  title: [a]", 2, "column.title has to be a single value, not a list and no keys"),
    ("a list for a time", "release:\n  window: [1h]", 2, "release.window has to be a single value"),
    ("a list for the slot", "column:\n  slot: [a]", 2, "column.slot has to be a single value"),
    ("text for keys", "column: Weekly", 1, "column has to hold keys of its own, indented below it."),
    ("text for destinations", "destinations: @news", 1, None),
    ("a list of destinations", "destinations:\n  - a", 1, "destinations has to hold keys of its own"),
    ("a destination that is only text", "destinations:\n  one: a", 2, "destinations.one has to hold keys of its own"),
    ("half a message", "guards:\n  most_sends: 1.5", 2, "guards.most_sends has to be a whole number."),
    ("no message", "guards:\n  most_sends: 0", 2, "guards.most_sends has to be at least 1."),
    ("words for a share", "guards:\n  most_removed: half", 2, "guards.most_removed has to be a number."),
    ("more than everything", "guards:\n  most_removed: 2", 2, "guards.most_removed has to be at most 1."),
    ("no rate", "pacing:\n  discord:\n    rate: 0", 3, "pacing.discord.rate has to be more than 0."),
    ("another word", "pictures:\n  remote: get", 2, "pictures.remote has to be 'fetch' or 'link'."),
    ("a destination without a chat", ONE, 2, "destinations.one.chat is missing."),
    ("an empty chat", ONE + '    chat: ""', 4, "destinations.one.chat is empty."),
    ("a switch that is neither", ONE + '    chat: "@a"\n    pin: maybe', 5, "one.pin has to be true or false."),
    ("a kind nobody has", ONE + '    chat: "@a"\n    kind: pigeon', 5, "one.kind has to be 'channel', 'supergroup', "),
    ("no date", "column:\n  start: soon", 2, "column.start: 'soon' is not a date: write it as 2026-11-21."),
    ("no role", "discord:\n  roles:\n    column: x", 3, "discord.roles.column: 'x' is no role"),
    (
        "a section's role",
        "discord:\n  roles:\n    sections:\n      Tools: x",
        4,
        "roles.sections.Tools: 'x' is no role",
    ),
    (
        "a chat with two names",
        ONE + '    chat: "@a"\n  two:\n    platform: telegram\n    chat: "@A"',
        5,
        "destinations.two: two is the same chat as one. Name each chat once.",
    ),
]


@pytest.mark.parametrize(("text", "line", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, line: int, says: str | None) -> None:
    error = refused(tmp_path, text + "\n")
    assert error is not None
    assert str(error).startswith(f"{tmp_path / 'config.yaml'}:{line}: ")
    assert says is None or says in str(error)


def keys(part: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path to every key there is; a destination is called `one`."""
    for name, field in part.model_fields.items():
        yield (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, (*path, name))


KEYS = [*keys(File), *keys(DestinationPart, ("destinations", "one")), *keys(WebhookPart, ("telegram", "webhook"))]
JARGON = re.compile(r"Input|valid|dictionary|instance|tuple|string|boolean|integer|timedelta|parse|Field|Value error")


@pytest.mark.parametrize("value", ["x y", "[x, y]", "{x: y}", "[[x]]", "-1", '""'])
def test_no_value_is_answered_in_a_librarys_words(tmp_path: Path, value: str) -> None:
    answers = []
    for path in KEYS:
        text = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(path))
        error = refused(tmp_path, text.removesuffix("\n") + f" {value}\n")
        if error is not None:
            answers.append(str(error))
            assert str(error).startswith(f"{tmp_path / 'config.yaml'}:")
            assert not JARGON.search(str(error).removeprefix(str(tmp_path))), str(error)
    assert answers

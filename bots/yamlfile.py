"""YAML as people write it in front matter and config.yaml, and nothing of YAML that can hurt.

Every scalar stays the text that was written (`no`, `12:30` and `2025-06-14` are strings); aliases, anchors, merge keys
and tags are refused, depth and size are limited, and a key given twice is an error (reliability.md 6). The data is
built from PyYAML's events in a loop, so deep nesting costs no stack and an alias never multiplies anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from bots.errors import ConfigError, PostError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
KeyPath: TypeAlias = tuple[str, ...]
Lines: TypeAlias = dict[KeyPath, int]

_QUOTE_IT = "Put the value in quotes if it holds `: ` or ` #`, or starts with one of * & ! % @ ` [ {."

_PLAIN = {
    "\\t": ("it is indented with a tab", "Use spaces."),
    "mapping values": ("there is a second `: ` in the line, or it is indented without need", _QUOTE_IT),
    "could not find expected ':'": ("there is a line without `: `", "Write `key: value`."),
    "quoted scalar": ("a quote is not closed", "Close it."),
    "flow": ("a bracket is not closed", "Close it, or put the value in quotes if it is text."),
    "<block end>": ("the line does not fit those above it", "Indent it like them, and close every quote."),
    "alphabetic or numeric": ("a value starts with * or &", _QUOTE_IT),
}
"""What PyYAML says, and what an author should hear: words found in its message, then our words and the remedy."""


class Flaw(Exception):
    """Why a text can't be read; `line` counts from 1 in the file."""

    def __init__(self, what: str, line: int, remedy: str = "") -> None:
        self.what, self.line, self.remedy = what, line, remedy
        super().__init__(what)


def load_yaml(
    text: str, first_line: int, path: Path | str, error: type[PostError] | type[ConfigError] = PostError
) -> tuple[dict[str, Value], Lines]:
    """The mapping in `text`, which starts at line `first_line` of `path`, and the line of each key.

    Lines are keyed by the path to a value, list places as digits: `("destinations", "0", "chat")`. An empty text is an
    empty mapping, and a key with nothing behind it counts as not written. Raises `error` with the line and a remedy.
    """
    try:
        return parse(text, first_line)
    except Flaw as flaw:
        raise error(flaw.what, path=path, line=flaw.line, remedy=flaw.remedy) from None


def parse(text: str, first_line: int = 1) -> tuple[dict[str, Value], Lines]:
    """As `load_yaml`, but raises Flaw."""
    if len(text.encode()) > MAX_BYTES:
        raise Flaw("The YAML is larger than 64 KiB.", first_line, "Move text that readers should see below it.")
    builder = _Builder(first_line)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.reader.ReaderError as e:
        line = first_line + text.count("\n", 0, e.position)
        raise Flaw(f"The YAML holds the invisible character U+{ord(text[e.position]):04X}.", line, "Remove it.") from e
    except yaml.MarkedYAMLError as e:
        raise _flaw(e, first_line) from e
    return builder.mapping(), builder.lines


def _events(text: str) -> Iterator[yaml.Event]:
    # The pure-Python loader: libyaml's segfaults on deep nesting.
    yield from yaml.parse(text, Loader=yaml.SafeLoader)


def _flaw(e: yaml.MarkedYAMLError, first_line: int) -> Flaw:
    """PyYAML's complaint at the line the author has to change."""
    # A quote or bracket left open is found at its end, far below the line that opened it; a bad line inside a block
    # is the other way round: the context is the block's first line.
    in_block = e.context is None or "block" in e.context
    mark = e.problem_mark if in_block else e.context_mark
    mark = mark or e.problem_mark or e.context_mark
    line = first_line + (mark.line if mark else 0)
    problem = f"{e.context} {e.problem}"
    plain, remedy = next((say for word, say in _PLAIN.items() if word in problem), (f"{e.problem}", _QUOTE_IT))
    return Flaw(f"The YAML can't be read: {plain}.", line, remedy)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    data: list[Value] | dict[str, Value]
    path: KeyPath
    key: str | None = None
    """The key of a mapping that waits for its value."""


@dataclass(slots=True)
class _Builder:
    first_line: int
    lines: Lines = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    root: Value | None = None
    documents: int = 0

    def take(self, event: yaml.Event) -> None:
        self._refuse(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()

    def mapping(self) -> dict[str, Value]:
        if self.root is None or self.root == "":
            return {}
        if not isinstance(self.root, dict):
            raise Flaw("The YAML is not a list of keys and values.", self.first_line, "Write `key: value` lines.")
        return self.root

    def _refuse(self, event: yaml.Event) -> None:
        line = self._line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Flaw("YAML aliases and anchors (* and &) are not taken.", line, _QUOTE_IT)
        if getattr(event, "tag", None):
            raise Flaw("YAML tags (!) are not taken.", line, _QUOTE_IT)
        if isinstance(event, yaml.DocumentStartEvent) and self.documents:
            raise Flaw("A second YAML document starts here.", line, "Keep one.")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.data, dict) and top.key is None:
            self._key(top, event)
        else:
            self._add(str(event.value), event)

    def _key(self, top: _Open, event: yaml.ScalarEvent) -> None:
        key, line = str(event.value), self._line(event)
        if key == "<<":
            raise Flaw("YAML merge keys (<<) are not taken.", line, "Write the values out.")
        first = self.lines.get((*top.path, key))
        if first:
            raise Flaw(f"The key `{key}` is here a second time.", line, f"Remove it here or on line {first}.")
        top.key = key
        self.lines[(*top.path, key)] = line

    def _open(self, data: list[Value] | dict[str, Value], event: yaml.Event) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Flaw(f"The YAML is nested deeper than {MAX_DEPTH} levels.", self._line(event), "Make it flatter.")
        self.stack.append(_Open(data, self._add(data, event)))

    def _add(self, value: Value, event: yaml.Event) -> KeyPath:
        """Put a value into the collection that is open; returns the path to it."""
        if not self.stack:
            self.root = value
            return ()
        top = self.stack[-1]
        if isinstance(top.data, list):
            place = (*top.path, str(len(top.data)))
            self.lines[place] = self._line(event)
            top.data.append(value)
            return place
        if top.key is None:
            raise Flaw("A key is a list or a mapping.", self._line(event), "Keys are plain words.")
        place = (*top.path, top.key)
        if value != "" or not _is_blank(event):
            top.data[top.key] = value
        top.key = None
        return place

    def _line(self, event: yaml.Event) -> int:
        return self.first_line + (event.start_mark.line if event.start_mark else 0)


def _is_blank(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent) and not event.style


def text_of(data: Mapping[str, Value], key: str) -> str:
    """The value as stripped text; empty for a list, a mapping, `null`, `~` or a missing key."""
    value = data.get(key, "")
    if not isinstance(value, str) or value.strip().lower() in ("null", "~"):
        return ""
    return value.strip()

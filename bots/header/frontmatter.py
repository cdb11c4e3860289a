"""Where the metadata of a Markdown file ends and its text begins, in the four ways people write it.

YAML between `---` (Astro, Hugo, Jekyll, Hexo; Hexo also without the first fence), TOML between `+++` (Hugo), Pelican's
`Title: ...` lines up to the first that is not one, or nothing at all. All values come out as text, lists and mappings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bots.yamlfile import MAX_DEPTH, Flaw, KeyPath, Lines, Value, parse

_KEY = re.compile(r"""(?:[\w.-]+|"[^"]+"|'[^']+')\s*:(?:\s|$)""")
_PELICAN = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*)|[ \t]*)$")
_TOML_LINE = re.compile(r"\(at line (\d+)")
_TOML_KEY = re.compile(r"""\s*(?:\[+\s*)?["']?([\w-]+)["']?\s*(?:\.\s*["']?([\w-]+)["']?\s*)?(?:=|\])""")
_MAX_TOML = 16 * 1024
"""64 KiB of one dotted key cost the parser 18 s."""
_Load: TypeAlias = Callable[[str, int], tuple[dict[str, Value], Lines]]
_CLOSE = "Close it with a line of its own, or put a blank line below the first line if it is meant as a rule."


@dataclass(frozen=True, slots=True)
class Parts:
    """A file cut in two."""

    body: str
    first_line: int
    """Line of the file at which `body` starts, from 1."""
    data: Mapping[str, Value] = field(default_factory=dict)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)


def cut(text: str) -> Parts:
    """Take the front matter off; `text` has "\\n" line ends and no byte-order mark. Raises Flaw."""
    lines = text.split("\n")
    first = lines[0].rstrip()
    if first == "---" and _opens_yaml(lines):
        return _fenced(lines, ("---", "..."), parse)
    if first == "+++":
        return _fenced(lines, ("+++",), _toml)
    end = _hexo_end(lines)
    if end:
        return _parts(lines, 0, end, parse)
    return _pelican(lines)


def _opens_yaml(lines: list[str]) -> bool:
    """Whether a leading `---` opens front matter; else it is a thematic break above ordinary text."""
    end = next((n for n, line in enumerate(lines) if n and _is_fence(line, ("---", "..."))), None)
    inside = [line for line in lines[1:end] if not line.startswith("#")]
    written = [line.strip() for line in inside if line.strip()]
    if not written:
        return end is not None
    if _KEY.match(written[0]) and inside[0].strip():
        return True
    # A blank line below a fence is legal but rare; below a thematic break it is the rule.
    if len(written) < len(inside):
        return end is not None and bool(_KEY.match(written[0]))
    # Unbroken lines between two fences: front matter with a mistake in it must not be published as text.
    return end is not None and (written[0].startswith(("- ", "{")) or any(map(_KEY.match, written)))


def _is_fence(line: str, fences: tuple[str, ...]) -> bool:
    return line.rstrip() in fences


def _fenced(lines: list[str], fences: tuple[str, ...], load: _Load) -> Parts:
    end = next((n for n, line in enumerate(lines) if n and _is_fence(line, fences)), None)
    if end is None:
        raise Flaw(f"The front matter opened by `{fences[0]}` has no end.", 1, _CLOSE)
    return _parts(lines, 1, end, load)


def _parts(lines: list[str], start: int, end: int, load: _Load) -> Parts:
    """Metadata from line index `start` up to the fence at `end`, body below it."""
    data, where = load("\n".join(lines[start:end]), start + 1)
    return Parts("\n".join(lines[end + 1 :]), end + 2, data, where)


def _hexo_end(lines: list[str]) -> int | None:
    """Index of the `---` that ends a header without a first fence, None when there is no such header."""
    titled = False
    for number, line in enumerate(lines):
        if _is_fence(line, ("---",)):
            return number if titled else None
        # `Note: x` above `---` is a Markdown heading: only a header with a title is believed.
        titled = titled or bool(re.match(r"title\s*:\s", line))
        if not _KEY.match(line) and not (number and line.startswith((" ", "- ", "#"))):
            return None
    return None


def _pelican(lines: list[str]) -> Parts:
    """`Key: value` lines, indented lines continuing the one above; believed only when a title is among them."""
    data: dict[str, Value] = {}
    where: Lines = {}
    key = ""
    for number, line in enumerate([*lines, ""]):
        match = _PELICAN.match(line)
        if match and match[1] in data:
            raise Flaw(f"The key `{match[1]}` is here a second time.", number + 1, "Remove one.")
        if match:
            key = match[1]
            data[key], where[(key,)] = (match[2] or "").strip(), number + 1
        elif key and line.startswith("    ") and line.strip():
            data[key] = f"{data[key]}\n{line.strip()}".strip()
        else:
            return _titled(Parts("\n".join(lines[number:]), number + 1, data, where), lines)
    raise AssertionError("the empty line at the end is no header")


def _titled(parts: Parts, lines: list[str]) -> Parts:
    if any(name.lower() == "title" for name in parts.data):
        return parts
    return Parts("\n".join(lines), 1)


def _toml(text: str, first_line: int) -> tuple[dict[str, Value], Lines]:
    if len(text.encode()) > _MAX_TOML:
        raise Flaw("The TOML front matter is larger than 16 KiB.", first_line, "Move text for readers below it.")
    try:
        data = {key: _plain(value) for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as e:
        at = _TOML_LINE.search(str(e))
        line = first_line + (int(at[1]) - 1 if at else 0)
        what = _TOML_LINE.split(str(e))[0].strip()
        raise Flaw(f"The TOML front matter can't be read: {what}.", line, "Values need quotes.") from e
    except RecursionError:
        raise Flaw("The TOML front matter is nested too deeply.", first_line, "Make it flatter.") from None
    return data, _toml_lines(text, first_line)


def _plain(value: object, depth: int = 1) -> Value:
    """TOML's types as the text, lists and mappings that YAML gives."""
    if depth > MAX_DEPTH:  # a dotted key nests without end, and costs the parser nothing
        raise RecursionError
    if isinstance(value, dict):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _toml_lines(text: str, first_line: int) -> Lines:
    """The lines of top-level keys and of keys one table down, found by their looks: good enough for a message."""
    where: Lines = {}
    table = ""
    for number, line in enumerate(text.split("\n")):
        match = _TOML_KEY.match(line)
        if not match:
            continue
        if line.lstrip().startswith("["):
            table = match[1]
            where.setdefault((table,), first_line + number)
            continue
        path = tuple(part for part in (table, match[1], match[2]) if part)
        where.setdefault(path, first_line + number)
    return where

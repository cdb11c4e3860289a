"""A destination as lines of config.yaml, and config.yaml with those lines in it. Pure.

The text is changed, not the data: writing the data back would lose the author's comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from bots.errors import ConfigError
from bots.platforms.setup import Found

_SECTION = re.compile(r"\ufeff?(['\"]?)destinations\1\s*:(?P<value>[^#\r]*)(?P<rest>(#.*)?\r?)")
_NOTHING = ("", "{}", "~", "null")
"""Values of a `destinations:` that has no entry yet."""


def entry(name: str, platform: str, found: Found) -> tuple[str, ...]:
    """The destination's lines, the name without indentation, its keys by two spaces."""
    title = "".join(each for each in found.title if each.isprintable())
    lines = [
        f"{_key(name)}:" + (f"  # {title}" if title else ""),
        f"  platform: {platform}",
        f"  kind: {found.kind.value}",
        f"  chat: {json.dumps(found.chat)}",
    ]
    if found.topic:
        lines.append(f"  topic: {json.dumps(found.topic)}")
    if found.tags:
        known = json.dumps(found.tags, ensure_ascii=False)
        lines.append(f"  tags: {json.dumps(found.tags[:1], ensure_ascii=False)}  # a post needs one of {known}")
    return tuple(lines)


def snippet(lines: Sequence[str]) -> str:
    """An entry as it may be pasted into a config.yaml that has no destinations yet."""
    return "\n".join(("destinations:", *(f"  {line}" for line in lines)))


def inserted(text: str, lines: Sequence[str]) -> str:
    """`text` with the entry added below its `destinations:`; every other character stays as it is.

    Raises ConfigError for destinations written in braces, to which no line can be added.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    old = text.split("\n")
    start = next((number for number, line in enumerate(old) if _SECTION.match(line)), None)
    if start is None:
        gap = "" if not text else end if text.endswith("\n") else end * 2
        return text + gap + end.join(("destinations:", *(f"  {line}" for line in lines))) + end
    found = _SECTION.match(old[start])
    if found and found["value"].strip() not in _NOTHING:
        raise ConfigError(
            "destinations are written in braces.", line=start + 1, remedy="Write one key a line, as in the README."
        )
    if found and found["value"].strip():
        old[start] = f"destinations:{' ' if found['rest'].strip() else ''}{found['rest']}"
    last, indent = _last_line(old, start)
    new = [f"{indent}{line}" + end.removesuffix("\n") for line in lines]
    if last == len(old) - 1:  # the file ends without a line end
        old[last] += end.removesuffix("\n")
        new.append("")
    return "\n".join([*old[: last + 1], *new, *old[last + 1 :]])


def _last_line(lines: Sequence[str], start: int) -> tuple[int, str]:
    """Index of the last line that belongs to the mapping opened at `start`, and its entries' indentation."""
    last, indent = start, ""
    for number in range(start + 1, len(lines)):
        line = lines[number].rstrip()
        if line and not line[0].isspace() and not line.startswith("#"):
            break
        # A comment at the margin belongs to whatever follows it.
        if line and line[0].isspace():
            last = number
            indent = indent or (line[: -len(line.lstrip())] if not line.lstrip().startswith("#") else "")
    return last, indent or "  "


def _key(name: str) -> str:
    """A name as a YAML key."""
    return name if re.fullmatch(r"[A-Za-z][\w-]*", name) else json.dumps(name, ensure_ascii=False)

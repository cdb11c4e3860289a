"""What opens at a line start: headings, subtext, lists, quotes (discord.md 2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bots.rehearsal.discord.markdown.inline import Context, Found, Read
from bots.rehearsal.discord.markdown.nodes import Heading, Listing, Node, Quote, Subtext

DEEPEST = 11
"""Lists nest no further."""

_HEADING = re.compile(r" *(#{1,3}) +([^\n]*\S[^\n]*)(?:\n|$)")
_HASHES = re.compile(r"#{1,3}(?: |$)")
_SUBTEXT = re.compile(r"-# +([^\n]*\S[^\n]*)(?:\n|$)")
_QUOTE = re.compile(r"(?: *> [^\n]*(?:\n|$))+")
_QUOTE_MARK = re.compile(r"^ *> ", re.MULTILINE)
_QUOTE_REST = re.compile(r" *>>> (.*)", re.DOTALL)
_ITEM = re.compile(r"( *)([-*+]|\d+\.) +(?=\S)([^\n]*)")


def block(text: str, at: int, context: Context, read: Read) -> Found | None:
    """The block that starts at `at`, which is a line start; None when the line is ordinary text."""
    for rule in (_heading, _subtext, _quote, _list):
        if (found := rule(text, at, context, read)) is not None:
            return found
    return None


def _heading(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _HEADING.match(text, at)
    if match is None or _HASHES.match(match[2].strip()):
        return None  # `# # x` is plain text
    return Heading(len(match[1]), read(match[2].strip(), replace(context, blocks=False))), match.end()


def _subtext(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _SUBTEXT.match(text, at)
    return (Subtext(read(match[1].strip(), replace(context, blocks=False))), match.end()) if match else None


def _quote(text: str, at: int, context: Context, read: Read) -> Found | None:
    if context.quote:
        return None  # quotes don't nest: the second mark is printed
    inside = replace(context, quote=True)
    if match := _QUOTE_REST.match(text, at):
        return Quote(read(match[1], inside)), match.end()
    if match := _QUOTE.match(text, at):
        return Quote(read(_QUOTE_MARK.sub("", match[0]).removesuffix("\n"), inside)), match.end()
    return None


@dataclass(slots=True)
class _Item:
    indent: int
    lines: list[str]


def _list(text: str, at: int, context: Context, read: Read) -> Found | None:
    first = _ITEM.match(text, at)
    if first is None or context.depth >= DEEPEST:
        return None
    items, end = _items(text, at, len(first[1]))
    inside = replace(context, depth=context.depth + 1)
    children: tuple[tuple[Node, ...], ...] = tuple(read("\n".join(item.lines), inside) for item in items)
    # The first marker decides the kind of the whole list; later numbers don't count.
    start = int(first[2][:-1]) if first[2][0].isdigit() else None
    return Listing(children, start), end


def _items(text: str, at: int, indent: int) -> tuple[list[_Item], int]:
    """The list's items with their lines, and its end: a blank line or one that isn't indented ends it."""
    items: list[_Item] = []
    fenced = False
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        match = None if fenced else _ITEM.match(line)
        if match and len(match[1]) < indent + 2:
            items.append(_Item(len(match[1]), [match[3]]))
        elif fenced or (items and line.startswith("  ") and line.strip()):
            items[-1].lines.append(_outdented(line, items[-1].indent + 2))
        else:
            break
        fenced ^= line.count("```") % 2 == 1
        at = end + 1
    return items, min(at, len(text))


def _outdented(line: str, width: int) -> str:
    """The line without the item's own indentation, deeper one kept."""
    blank = len(line) - len(line.lstrip(" "))
    return line[min(blank, width) :]

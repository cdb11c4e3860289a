"""Inline nodes as lines of spans and pictures: styles become marks, links are checked, breaks end lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from bots.document import Image, Inline, Link, Mono, Style, Styled, Text
from bots.layout.atoms import Mark, MarkKind, Span
from bots.layout.links import contact, target

Piece = Span | Image
Line = tuple[Piece, ...]

_MARKS = {
    Style.BOLD: Mark(MarkKind.BOLD),
    Style.ITALIC: Mark(MarkKind.ITALIC),
    Style.STRIKE: Mark(MarkKind.STRIKE),
    Style.UNDERLINE: Mark(MarkKind.UNDERLINE),
    Style.SPOILER: Mark(MarkKind.SPOILER),
}
_BOLD, _CODE = Mark(MarkKind.BOLD), Mark(MarkKind.CODE)
# Without a caret 10 to the 6th would read 106; anything but a number reads well enough on the line.
_POWER = re.compile(r"[+−-]?[0-9n]{1,4}")


def plain(content: Iterable[Inline]) -> str:
    """The text of inline nodes as a reader sees it, without pictures; breaks are spaces."""
    return "".join(_plain(node) for node in content)


def pictures(content: Iterable[Inline]) -> list[Image]:
    """The pictures among inline nodes, in order."""
    found: list[Image] = []
    for node in content:
        if isinstance(node, Image):
            found.append(node)
        elif isinstance(node, Styled | Link):
            found.extend(pictures(node.children))
    return found


def lines(content: Iterable[Inline], site: str) -> list[Line]:
    """Inline nodes cut at the author's breaks; lines with nothing to see are left out."""
    flat = _Flat(site)
    flat.walk(content, ())
    return [tuple(line) for line in flat.lines if parted(tuple(line))]


def bold(line: Line) -> Line:
    """The line with bold outermost on all its text."""
    return tuple(
        Span(piece.text, (_BOLD, *(mark for mark in piece.marks if mark != _BOLD)))
        if isinstance(piece, Span)
        else piece
        for piece in line
    )


def link_label(address: str) -> str:
    """How an address is shown where the author gave it no text."""
    return address if len(address) <= 400 else f"{address[:399]}…"


def _plain(node: Inline) -> str:
    match node:
        case Text(text=text) | Mono(text=text):
            return text
        case Styled(children=children) | Link(children=children):
            return plain(children)
        case Image():
            return ""
        case _:
            return " "


class _Flat:
    """Collects pieces line by line."""

    def __init__(self, site: str) -> None:
        self.lines: list[list[Piece]] = [[]]
        self._site = site

    def walk(self, content: Iterable[Inline], marks: tuple[Mark, ...]) -> None:
        for node in content:
            self._node(node, marks)

    def _node(self, node: Inline, marks: tuple[Mark, ...]) -> None:
        match node:
            case Text(text=text):
                self._text(text, marks)
            case Mono(text=text):
                self._text(text, _with(marks, _CODE))
            case Styled():
                self._styled(node, marks)
            case Link():
                self._link(node, marks)
            case Image():
                self.lines[-1].append(replace(node, href=target(node.href, self._site) or ""))
            case _:
                self.lines.append([])

    def _text(self, text: str, marks: tuple[Mark, ...]) -> None:
        if text:
            self.lines[-1].append(Span(text, marks))

    def _styled(self, node: Styled, marks: tuple[Mark, ...]) -> None:
        if node.style is Style.SUP and _POWER.fullmatch(plain(node.children)):
            self._text("^", marks)
        mark = _MARKS.get(node.style)
        self.walk(node.children, _with(marks, mark) if mark else marks)

    def _link(self, link: Link, marks: tuple[Mark, ...]) -> None:
        address = target(link.href, self._site)
        nested = any(mark.kind is MarkKind.LINK for mark in marks)
        label, shown = plain(link.children).strip(), pictures(link.children)
        children: Sequence[Inline] = link.children
        if not label:
            # A link around a picture stays with the picture; one around nothing shows where it leads.
            children = [replace(image, href=link.href) for image in shown] or [Text(link_label(address or ""))]
        self.walk(children, (*marks, Mark(MarkKind.LINK, address)) if address and not nested else marks)
        if (where := contact(link.href)) and where not in label:
            self._text(f" ({where})" if label else where, marks)


def _with(marks: tuple[Mark, ...], mark: Mark) -> tuple[Mark, ...]:
    return marks if mark in marks else (*marks, mark)


def parted(line: Line) -> list[Image | tuple[Span, ...]]:
    """The line cut at its pictures; text without spaces at both ends, none where there is nothing to read."""
    parts: list[Image | tuple[Span, ...]] = []
    for alone, group in groupby(line, key=lambda piece: isinstance(piece, Image)):
        pieces = tuple(group)
        spans = _stripped([piece for piece in pieces if isinstance(piece, Span)])
        parts.extend([piece for piece in pieces if isinstance(piece, Image)] if alone else [spans] if spans else [])
    return parts


def _stripped(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Without spaces at both ends."""
    kept = list(spans)
    while kept and not (text := kept[0].text.lstrip(" \t")):
        kept.pop(0)
    if kept:
        kept[0] = replace(kept[0], text=text)
    while kept and not (text := kept[-1].text.rstrip(" \t")):
        kept.pop()
    if kept:
        kept[-1] = replace(kept[-1], text=text)
    return tuple(kept)

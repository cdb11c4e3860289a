"""Runs of inline content: white space collapsed as a browser does, then nested into the neutral nodes.

A run is flat while it is worked on: every piece carries the tuple of what is wrapped around it. So a run can be cut
anywhere, and white space be judged across the borders of formatting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bots.document import Image, Inline, LineBreak, Link, Mono, Style, Styled, Text
from bots.markup import autolink
from bots.markup.cjk import joins


@dataclass(frozen=True, slots=True, eq=False)
class Wrap:
    """One element around pieces; compared by identity, so that two links to one page stay two."""

    style: Style | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    node: Text | Mono | Image | LineBreak
    wraps: tuple[Wrap, ...]
    """Outermost first."""


_SPACE = re.compile(r"[ \t\r\n\f]+")


def href_of(wraps: tuple[Wrap, ...]) -> str:
    """Target of the innermost link around a piece, empty for none."""
    return next((wrap.href for wrap in reversed(wraps) if wrap.href), "")


def linked(text: str, wraps: tuple[Wrap, ...]) -> Iterable[Piece]:
    """The text as pieces, with its bare addresses made links unless it stands in a link already."""
    if href_of(wraps):
        yield Piece(Text(text), wraps)
        return
    for part, target in autolink.pieces(text):
        yield Piece(Text(part), (*wraps, Wrap(href=target)) if target else wraps)


def nested(run: Iterable[Piece]) -> tuple[Inline, ...]:
    """The neutral nodes of a run, white space collapsed and trimmed at both ends and around line breaks."""
    return _nest(_collapsed(run), 0)


def plain(content: Iterable[Inline]) -> str:
    """The characters a reader sees, line breaks as "\\n", pictures as nothing."""
    parts = []
    for node in content:
        if isinstance(node, Text | Mono):
            parts.append(node.text)
        elif isinstance(node, Styled | Link):
            parts.append(plain(node.children))
        elif isinstance(node, LineBreak):
            parts.append("\n")
    return "".join(parts)


def _nest(run: Sequence[Piece], depth: int) -> tuple[Inline, ...]:
    nodes: list[Inline] = []
    for wrap, group in groupby(run, lambda piece: piece.wraps[depth] if len(piece.wraps) > depth else None):
        pieces = list(group)
        if wrap is None:
            nodes += _merged(pieces)
            continue
        children = _nest(pieces, depth + 1)
        if wrap.style:
            nodes.append(Styled(wrap.style, children))
        else:
            nodes.append(Link(wrap.href, children))
    return tuple(nodes)


def _merged(pieces: Iterable[Piece]) -> Iterable[Inline]:
    """Neighbouring texts made one: an entity or an escaped star arrives as a piece of its own."""
    for kind, group in groupby(pieces, lambda piece: type(piece.node)):
        nodes = [piece.node for piece in group]
        text = "".join(node.text for node in nodes if isinstance(node, Text | Mono))
        if kind is Text:
            yield Text(text)
        elif kind is Mono:
            yield Mono(text)
        else:
            yield from nodes


class _Collapser:
    """Makes each stretch of white space one space or nothing, whichever pieces it is spread over."""

    def __init__(self) -> None:
        self.done: list[Piece] = []
        self._before = ""
        """The last visible character of the line, empty at its start."""
        self._gap = ""
        self._wraps: tuple[Wrap, ...] = ()

    def add(self, piece: Piece) -> None:
        if isinstance(piece.node, Text):
            self._text(piece.node.text, piece.wraps)
            return
        if isinstance(piece.node, LineBreak):
            self._before = ""
        else:
            self._visible("x", "x", piece.wraps)
        self._gap = ""
        self.done.append(piece)

    def _text(self, text: str, wraps: tuple[Wrap, ...]) -> None:
        words = []
        position = 0
        for match in _SPACE.finditer(text):
            words.append(text[position : match.start()])
            words.append(match[0])
            position = match.end()
        words.append(text[position:])
        collected = ""
        for index, word in enumerate(words):
            if not word:
                continue
            if index % 2:
                self._gap += word
                continue
            if collected and self._gap:
                collected += _between(self._gap, self._before, word[0])
                self._before, self._gap = word[-1], ""
            else:
                self._visible(word[0], word[-1], wraps)
            collected += word
        if collected:
            self.done.append(Piece(Text(collected), wraps))

    def _visible(self, first: str, last: str, wraps: tuple[Wrap, ...]) -> None:
        space = _between(self._gap, self._before, first)
        if space:
            self.done.append(Piece(Text(space), _shared(self._wraps, wraps)))
        self._before, self._gap, self._wraps = last, "", wraps


def _shared(left: tuple[Wrap, ...], right: tuple[Wrap, ...]) -> tuple[Wrap, ...]:
    """What is around both of two neighbours: a space between them belongs to no more than that."""
    length = 0
    while length < min(len(left), len(right)) and left[length] is right[length]:
        length += 1
    return left[:length]


def _between(gap: str, before: str, after: str) -> str:
    if not gap or not before:
        return ""
    return "" if "\n" in gap and joins(before, after) else " "


def _collapsed(run: Iterable[Piece]) -> list[Piece]:
    collapser = _Collapser()
    for piece in run:
        collapser.add(piece)
    return _breaks_trimmed(collapser.done)


def _breaks_trimmed(run: list[Piece]) -> list[Piece]:
    start, end = 0, len(run)
    while start < end and isinstance(run[start].node, LineBreak):
        start += 1
    while end > start and isinstance(run[end - 1].node, LineBreak):
        end -= 1
    return run[start:end]

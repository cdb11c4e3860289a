"""Headings: their text, the id that an author pinned to them, and pictures that stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bots.document import Block, Break, Directive, Heading, Image, Inline, Text
from bots.markup import directives
from bots.markup.elements import Element
from bots.markup.figures import blocks_of
from bots.markup.inlines import Piece
from bots.markup.runs import Context, Findings, Run


def heading_of(findings: Findings, element: Element, context: Context) -> list[Block]:
    """The heading, then what stands in it but is no text: instructions and pictures."""
    run = Run(findings)
    run.walk(element.children, context)
    pictures = [piece for piece in run.pieces if isinstance(piece.node, Image)]
    run.pieces, pinned = _unpinned([piece for piece in run.pieces if not isinstance(piece.node, Image)])
    pinned = run.pinned or pinned
    for directive in run.directives:
        if isinstance(directive, Directive) and directive.name == "id":
            pinned = directive.value
    rest = [found for found in run.directives if isinstance(found, Break) or found.name != "id"]
    content = run.content() or _alternative(pictures)
    heading = [Heading(int(element.tag[1]), content, element.line, pinned)] if content else []
    return [*heading, *rest, *blocks_of(pictures, element.line)]


def _alternative(pictures: Iterable[Piece]) -> tuple[Inline, ...]:
    """A heading that is only a picture still opens a section: under the picture's alternative text."""
    texts = [piece.node.alt for piece in pictures if isinstance(piece.node, Image) and piece.node.alt]
    return (Text(" ".join(texts)),) if texts else ()


def _unpinned(words: list[Piece]) -> tuple[list[Piece], str]:
    last = words[-1] if words else None
    if last is None or not isinstance(last.node, Text):
        return words, ""
    text, pinned = directives.pinned_id(last.node.text)
    return [*words[:-1], replace(last, node=Text(text))], pinned

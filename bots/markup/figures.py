"""Pictures: a run of inline content cut into text and figures, and captions put to the figures they follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bots.document import Block, Figure, Image, Inline, LineBreak, Link, Paragraph, Style, Styled, Text
from bots.markup.elements import Element
from bots.markup.inlines import Piece, href_of, nested, plain

_LONGEST_CAPTION = 300
_LONGEST_CENTRED = 120
"""Longer text in the middle of the page is more than a caption."""


def blocks_of(run: Sequence[Piece], line: int) -> list[Block]:
    """Paragraphs and figures in reading order; pictures side by side are one figure."""
    blocks: list[Block] = []
    words: list[Piece] = []
    images: list[Image] = []
    for piece in run:
        if isinstance(piece.node, Image):
            blocks += _paragraph(words, line)
            words = []
            images.append(replace(piece.node, href=href_of(piece.wraps)))
        elif images and not words and _is_blank(piece):
            continue
        else:
            blocks += _figure(images)
            images = []
            words.append(piece)
    return blocks + _paragraph(words, line) + _figure(images)


def captioned(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Each paragraph that is nothing but emphasis and follows a figure becomes that figure's caption."""
    done: list[Block] = []
    for block in blocks:
        last = done[-1] if done else None
        if isinstance(block, Paragraph) and isinstance(last, Figure) and not last.caption and _is_caption(block):
            done[-1] = replace(last, caption=block.content)
        else:
            done.append(block)
    return tuple(done)


def is_centred(element: Element) -> bool:
    """Whether the page shows the element's text in the middle."""
    style = element.attrs.get("style", "").replace(" ", "")
    return element.tag == "center" or element.attrs.get("align") == "center" or "text-align:center" in style


def captioned_by(blocks: Sequence[Block]) -> list[Block]:
    """A figure and a short centred paragraph as one figure; anything else as it is."""
    if len(blocks) == 2 and isinstance(blocks[0], Figure) and isinstance(blocks[1], Paragraph):
        figure, below = blocks[0], blocks[1]
        if not figure.caption and len(plain(below.content)) <= _LONGEST_CENTRED:
            return [replace(figure, caption=below.content)]
    return list(blocks)


def _is_caption(block: Paragraph) -> bool:
    text = plain(block.content)
    return len(text) <= _LONGEST_CAPTION and bool(text.strip()) and all(_is_emphasis(node) for node in block.content)


def _is_emphasis(node: Inline) -> bool:
    if isinstance(node, Styled):
        return node.style is Style.ITALIC or all(_is_emphasis(child) for child in node.children)
    if isinstance(node, Link):
        return all(_is_emphasis(child) for child in node.children)
    return isinstance(node, LineBreak) or (isinstance(node, Text) and not node.text.strip())


def _is_blank(piece: Piece) -> bool:
    return isinstance(piece.node, LineBreak) or (isinstance(piece.node, Text) and not piece.node.text.strip())


def _paragraph(words: list[Piece], line: int) -> list[Block]:
    content = nested(words)
    return [Paragraph(content, line)] if plain(content).strip() else []


def _figure(images: list[Image]) -> list[Block]:
    return [Figure(tuple(images), images[0].line)] if images else []

"""The neutral tree: what a post says, whether it was written in Markdown or in the HTML inside it.

Block    Paragraph · Heading · Quote · List(Item) · Code · Table(Cell) · Figure · Details · Rule · Break
Inline   Text · Styled · Mono · Link · Image · LineBreak

Nothing here knows a platform. Blocks carry the line of the file they start on, from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Style(StrEnum):
    """Inline styles an author can mean."""

    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strikethrough"
    UNDERLINE = "underline"
    SPOILER = "spoiler"
    SUB = "sub"
    SUP = "sup"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as the reader sees them: entities resolved, soft line breaks already a space or nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    style: Style
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Mono:
    """Inline code."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    """As written, entities resolved: may be relative, a #fragment, mailto: or nonsense."""
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; inside a paragraph with other text it is inline, alone it becomes a Figure."""

    src: str
    """As written: relative path, http(s) or data: address."""
    alt: str = ""
    href: str = ""
    """Target of a link around the picture, empty for none."""
    line: int = 0
    large: bool = False
    """True for a picture whose shape or size a photo viewer would spoil: a strip, a long screenshot, a huge drawing.
    Known only after the picture was looked at (`bots.column`)."""


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A break the author asked for: two spaces, a backslash or <br>."""


Inline = Text | Styled | Mono | Link | Image | LineBreak


@dataclass(frozen=True, slots=True)
class Paragraph:
    content: tuple[Inline, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    """1 to 6."""
    content: tuple[Inline, ...]
    line: int
    id: str = ""
    """Pinned by `{#id}` or a comment directive, else empty."""


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Item:
    blocks: tuple[Block, ...]
    line: int
    checked: bool | None = None
    """Task list box; None for an ordinary item."""


@dataclass(frozen=True, slots=True)
class List:
    items: tuple[Item, ...]
    line: int
    start: int | None = None
    """First number of an ordered list, None for bullets."""


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    """Without the final line end."""
    line: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    content: tuple[Inline, ...]
    header: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[tuple[Cell, ...], ...]
    line: int
    aligns: tuple[str, ...] = ()
    """Per column: "left", "right", "center" or ""."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Pictures that stand alone (one or several side by side), with the caption the author set beneath."""

    images: tuple[Image, ...]
    line: int
    caption: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class Details:
    """<details>: a summary and what it hides."""

    summary: tuple[Inline, ...]
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    line: int


@dataclass(frozen=True, slots=True)
class Break:
    """The author's `<!-- weektech: break -->`: what follows starts a new message."""

    line: int


@dataclass(frozen=True, slots=True)
class Directive:
    """`<!-- weektech: skip -->` or `<!-- weektech: id=... -->`; the splitter consumes it, renderers never see one."""

    name: str
    value: str
    line: int


Block = Paragraph | Heading | Quote | List | Code | Table | Figure | Details | Rule | Break | Directive


def images(blocks: Iterable[Block]) -> Iterator[Image]:
    """Every picture in the blocks, in reading order."""
    for block in blocks:
        match block:
            case Figure():
                yield from block.images
                yield from _inline_images(block.caption)
            case Paragraph() | Heading():
                yield from _inline_images(block.content)
            case Quote():
                yield from images(block.blocks)
            case List():
                for item in block.items:
                    yield from images(item.blocks)
            case Table():
                for row in block.rows:
                    for cell in row:
                        yield from _inline_images(cell.content)
            case Details():
                yield from _inline_images(block.summary)
                yield from images(block.blocks)
            case _:
                pass


def _inline_images(content: Iterable[Inline]) -> Iterator[Image]:
    for inline in content:
        if isinstance(inline, Image):
            yield inline
        elif isinstance(inline, Styled | Link):
            yield from _inline_images(inline.children)


def with_images(blocks: Iterable[Block], change: Callable[[Image], Image]) -> tuple[Block, ...]:
    """The blocks with `change` applied to every picture in them."""
    return _Change(change, str).blocks(blocks)


def with_links(blocks: Iterable[Block], change: Callable[[str], str]) -> tuple[Block, ...]:
    """The blocks with `change` applied to the target of every link, those around pictures too."""
    return _Change(lambda image: replace(image, href=image.href and change(image.href)), change).blocks(blocks)


@dataclass(frozen=True, slots=True)
class _Change:
    """What happens to pictures and to links, wherever they stand."""

    image: Callable[[Image], Image]
    href: Callable[[str], str]

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(self._block(block) for block in blocks)

    def _block(self, block: Block) -> Block:
        match block:
            case Figure(images=shown, caption=caption):
                return replace(block, images=tuple(map(self.image, shown)), caption=self._inlines(caption))
            case Paragraph(content=content) | Heading(content=content):
                return replace(block, content=self._inlines(content))
            case List(items=items):
                inside = (replace(item, blocks=self.blocks(item.blocks)) for item in items)
                return replace(block, items=tuple(inside))
            case Table(rows=rows):
                return replace(block, rows=tuple(tuple(map(self._cell, row)) for row in rows))
            case Quote() | Details():
                kept = replace(block, blocks=self.blocks(block.blocks))
                return replace(kept, summary=self._inlines(kept.summary)) if isinstance(kept, Details) else kept
            case _:
                return block

    def _cell(self, cell: Cell) -> Cell:
        return replace(cell, content=self._inlines(cell.content))

    def _inlines(self, content: Iterable[Inline]) -> tuple[Inline, ...]:
        return tuple(self._inline(node) for node in content)

    def _inline(self, node: Inline) -> Inline:
        match node:
            case Image():
                return self.image(node)
            case Link(href=href, children=children):
                return Link(self.href(href), self._inlines(children))
            case Styled(children=children):
                return replace(node, children=self._inlines(children))
            case _:
                return node

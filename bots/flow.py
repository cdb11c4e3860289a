"""A section as a flow of atoms: the pieces that no message boundary may fall inside.

The neutral tree is made for meaning; messages are made of lines. `flow` lays the blocks out as lines, the same way for
every platform, and cuts the lines into atoms: sentences, whole short lines, pictures. A platform's renderer turns a run
of atoms into its own text; `bots.packing` chooses where one message ends and the next begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bots.document import (
    Block,
    Break,
    Code,
    Details,
    Figure,
    Heading,
    Image,
    Inline,
    Item,
    List,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from bots.layout.atoms import RULE, Atom, Cut, Frame, Mark, MarkKind, Span
from bots.layout.grid import as_code, as_lines
from bots.layout.links import target
from bots.layout.sentences import refine, sentences
from bots.layout.spans import Line, bold, lines, link_label, parted

__all__ = ["RULE", "Atom", "Cut", "Frame", "Mark", "MarkKind", "Span", "flow", "refine"]


def flow(blocks: Sequence[Block], unreadable: frozenset[str], site: str = "") -> tuple[Atom, ...]:
    """The blocks as atoms, in reading order.

    A picture whose source is in `unreadable` becomes a line with its alt text, caption or address. `site` is the
    post's own address, against which relative links are resolved; without it they are shown as plain text.
    """
    layout = _Layout(unreadable, site)
    layout.blocks(blocks, _Place())
    return tuple(layout.atoms)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a block stands."""

    block: int | None = None
    """Number shared by everything in one quote, None outside quotes."""
    quote: bool = False
    indent: int = 0
    item: bool = False
    expandable: bool = False

    @property
    def cut(self) -> Cut:
        """What it costs to cut before a block that stands here and is not the first."""
        if self.item:
            return Cut.LINE
        return Cut.ITEM if self.quote else Cut.BLOCK


class _Layout:
    """Builds the flow; remembers what the next line owes to the one before."""

    def __init__(self, unreadable: frozenset[str], site: str) -> None:
        self.atoms: list[Atom] = []
        self._unreadable, self._site = unreadable, site
        self._block = 0
        self._marker = ""
        self._next: Cut | None = None  # overrides the next atom's cut: after a heading, a break, a summary
        self._tight = True  # the next block follows without a blank line
        self._rule: _Place | None = None

    def blocks(self, blocks: Sequence[Block], place: _Place) -> None:
        for block in blocks:
            self._one(block, place)

    def _one(self, block: Block, place: _Place) -> None:
        match block:
            case Heading():
                self._heading(block, place)
            case Paragraph(content=content):
                self._paragraph(content, place)
            case Quote(blocks=inner):
                self._block += 1
                inside = replace(place, quote=True, block=place.block or self._block)
                self._group(inner, inside, place)
            case List():
                self._list(block, place)
            case Code():
                self._code(block.text.split("\n"), block.language, place)
            case Table():
                self._table(block, place)
            case Figure():
                self._figure(block, place)
            case Details():
                self._details(block, place)
            case Rule():
                self._rule = place if self.atoms else None
            case Break():
                self._next = Cut.FORCED
            case _:  # directives are the splitter's
                pass

    # -- the atoms

    def _put(self, atom: Atom) -> None:
        """Add an atom; the first after a heading or a break takes the cut that these ask for."""
        if self._next is not None:
            atom = replace(atom, cut=self._next)
        self.atoms.append(atom)
        self._next = None

    def _frame(self, place: _Place, *, heading: int = 0, code: str | None = None) -> Frame:
        return Frame(
            place.block or self._block,
            heading=heading,
            quote=place.quote,
            code=code,
            indent=place.indent,
            item=place.item,
            expandable=place.expandable,
        )

    def _open(self, place: _Place, cut: Cut | None = None, *, gap: bool | None = None) -> tuple[Cut, bool]:
        """Begin a block: its number, and the cut and the blank line before its first atom."""
        self._flush_rule()
        self._block += 1
        tight = self._tight or place.item
        self._tight = place.item
        return (place.cut if cut is None else cut), (not tight if gap is None else gap)

    def _flush_rule(self) -> None:
        if self._rule is not None:
            place, self._rule = self._rule, None
            cut, gap = self._open(place)
            self._put(Atom(self._frame(place), cut, (Span(RULE),), gap=gap))

    def _line(self, line: Sequence[Span], frame: Frame, cut: Cut, gap: bool, *, caption: bool = False) -> None:
        """One line of text, cut into sentences."""
        for at, spans in enumerate(sentences(line)):
            if at == 0:
                self._put(Atom(replace(frame, marker=self._marker), cut, spans, gap=gap, caption=caption))
                self._marker = ""
            else:
                self._put(Atom(frame, Cut.NEVER if caption else Cut.SENTENCE, spans, starts=False, caption=caption))

    # -- blocks of text

    def _heading(self, heading: Heading, place: _Place) -> None:
        after_heading = bool(self.atoms) and self.atoms[-1].frame.heading > 0
        cut, gap = self._open(place, Cut.SUBHEADING)
        cut = Cut.NEVER if after_heading else cut
        for line in lines(heading.content, self._site):
            self._pieces(line, self._frame(place, heading=heading.level), cut, gap)
            self._next, gap, self._tight = Cut.NEVER, False, True

    def _paragraph(self, content: Sequence[Inline], place: _Place) -> None:
        shown = lines(content, self._site)
        if not shown:
            return
        cut, gap = self._open(place)
        for line in shown:
            self._pieces(line, self._frame(place), cut, gap)
            cut, gap = Cut.LINE, False

    def _pieces(self, line: Line, frame: Frame, cut: Cut, gap: bool) -> None:
        """A line of spans and pictures: text before a picture, the picture, text after it."""
        for part in parted(line):
            if isinstance(part, Image):
                self._image(part, frame, cut, gap)
            else:
                self._text(part, frame, cut, gap)
            cut, gap = Cut.NEVER if frame.heading else Cut.LINE, False

    def _text(self, line: Sequence[Span], frame: Frame, cut: Cut, gap: bool) -> None:
        if frame.heading:
            self._put(Atom(frame, cut, tuple(line), gap=gap))
        else:
            self._line(line, frame, cut, gap)

    def _list(self, listing: List, place: _Place) -> None:
        inside = replace(place, item=True, indent=place.indent + 1 if place.item else 0)
        if not place.item:
            self._tight = self._tight or self._introduced()
        first = len(self.atoms)
        for number, item in enumerate(listing.items):
            self._marker = self._marked(item, listing.start, number)
            self._item(item, inside, place, opening=len(self.atoms) == first)
        self._tight = place.item

    def _item(self, item: Item, inside: _Place, place: _Place, *, opening: bool) -> None:
        start = len(self.atoms)
        introduced = self._introduced()
        gap = opening and not place.item and not self._tight
        self._tight = True
        self.blocks(item.blocks, inside)
        self._marker = ""
        if start < len(self.atoms) and self.atoms[start].cut in (Cut.LINE, Cut.BLOCK):
            cut = Cut.LINE if place.item or (opening and introduced) else Cut.ITEM
            cut = place.cut if opening and not introduced and not place.item else cut
            self.atoms[start] = replace(self.atoms[start], cut=cut, gap=gap or self.atoms[start].gap)

    def _introduced(self) -> bool:
        """True when the line before ends in a colon: what follows belongs to it."""
        return bool(self.atoms) and self.atoms[-1].text.rstrip().endswith((":", "："))

    @staticmethod
    def _marked(item: Item, start: int | None, number: int) -> str:
        if item.checked is not None:
            return "☑" if item.checked else "☐"
        return "•" if start is None else f"{start + number}."

    def _group(self, blocks: Sequence[Block], inside: _Place, place: _Place) -> None:
        """Blocks held together by a quote: the first costs what the group costs."""
        start = len(self.atoms)
        self.blocks(blocks, inside)
        if start < len(self.atoms) and self.atoms[start].cut is inside.cut:
            self.atoms[start] = replace(self.atoms[start], cut=place.cut)

    def _details(self, details: Details, place: _Place) -> None:
        cut, gap = self._open(place)
        for line in lines(details.summary, self._site):
            self._pieces(bold(line), self._frame(place), cut, gap)
            cut, gap = Cut.LINE, False
        if details.summary:
            self._next, self._tight = Cut.NEVER, True
        self.blocks(details.blocks, replace(place, expandable=True))

    # -- code, tables, pictures

    def _code(self, text: Sequence[str], language: str, place: _Place) -> None:
        cut, gap = self._open(place, gap=True)
        for line in text:
            spans = (Span(line),) if line else ()
            self._put(Atom(self._frame(place, code=language), cut, spans, gap=gap))
            cut, gap = Cut.LINE, False

    def _table(self, table: Table, place: _Place) -> None:
        code = as_code(table)
        if code is not None:
            self._code(code, "", place)
            return
        cut, gap = self._open(place)
        for row in as_lines(table, self._site):
            self._pieces(row, self._frame(place), cut, gap)
            cut, gap = Cut.LINE, False

    def _figure(self, figure: Figure, place: _Place) -> None:
        cut, gap = self._open(place)
        frame = self._frame(place)
        caption = lines(figure.caption, self._site)
        shown = [replace(image, href=target(image.href, self._site) or "") for image in figure.images]
        if caption and len(shown) == 1 and self._is_lost(shown[0]) and not shown[0].alt.strip():
            first = len(self.atoms)
            self._pieces((self._stand_in(shown[0], " "), *caption.pop(0)), frame, cut, gap)
            self.atoms[first] = replace(self.atoms[first], missing=shown.pop())
        for image in shown:
            self._image(image, frame, cut, gap)
            cut, gap = Cut.LINE, False
        for line in caption:
            for part in parted(line):
                if isinstance(part, Image):
                    self._image(part, frame, Cut.LINE, gap=False)
                else:
                    self._line(part, frame, Cut.NEVER, gap=False, caption=True)

    def _image(self, image: Image, frame: Frame, cut: Cut, gap: bool) -> None:
        """A picture, or the line that stands for one that can't be read; then the link around it, if any."""
        if self._is_lost(image):
            words = self._stand_in(image, f" {image.alt.strip() or _short(image.src)}")
            self._put(Atom(frame, cut, (words,), gap=gap, missing=image))
            return
        self._put(Atom(frame, cut, gap=gap, image=image))
        if image.href:
            words = Span(image.alt.strip() or link_label(image.href), (Mark(MarkKind.LINK, image.href),))
            self._put(Atom(frame, Cut.NEVER, (words,), caption=True))

    def _is_lost(self, image: Image) -> bool:
        return image.src in self._unreadable or not image.src

    def _stand_in(self, image: Image, words: str) -> Span:
        """What stands for a picture that can't be read, linked to where it leads or else to itself."""
        address = image.href or target(image.src, self._site)
        return Span(f"🖼{words}", (Mark(MarkKind.LINK, address),) if address else ())


def _short(source: str) -> str:
    """An address as shown; a `data:` address is the picture itself and only its type is worth showing."""
    return source.partition(";")[0] if source.startswith("data:") else link_label(source)

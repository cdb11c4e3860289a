"""Inline elements as runs of pieces: what each tag inside a line of text means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bots.document import Break, Directive, Image, Inline, LineBreak, Mono, Style, Text
from bots.markup import directives
from bots.markup.elements import Element
from bots.markup.inlines import Piece, Wrap, linked, nested
from bots.markup.sources import source_of
from bots.markup.tags import BLOCK, names
from bots.model import Notice

_STYLES = {
    **dict.fromkeys(("b", "strong", "mark"), Style.BOLD),
    **dict.fromkeys(("i", "em", "var", "dfn"), Style.ITALIC),
    **dict.fromkeys(("s", "del", "strike"), Style.STRIKE),
    **dict.fromkeys(("u", "ins"), Style.UNDERLINE),
    "sub": Style.SUB,
    "sup": Style.SUP,
    "tg-spoiler": Style.SPOILER,
}
_MONO = names("code kbd samp tt pre")
_EMBED = names("iframe video audio source embed object")
_HIDDEN = names("script style template title noembed noframes head")


@dataclass(frozen=True, slots=True)
class Context:
    """What the elements above say about the text in an element."""

    wraps: tuple[Wrap, ...] = ()
    mono: bool = False
    fallback: bool = False
    """Inside a <noscript>: what stands there may be a second copy for browsers without scripts."""

    def styled(self, style: Style) -> Context:
        return replace(self, wraps=(*self.wraps, Wrap(style)))

    def linked(self, href: str) -> Context:
        return replace(self, wraps=(*self.wraps, Wrap(href=href)))

    def within(self, element: Element) -> Context:
        """The context of the element's children."""
        if element.tag == "noscript":
            return replace(self, fallback=True)
        style = _STYLES.get(element.tag)
        if style is None and element.tag == "span" and "spoiler" in element.attrs.get("class", ""):
            style = Style.SPOILER
        if style:
            return self.styled(style)
        if element.tag == "a" and element.attrs.get("href", "").strip():
            return self.linked(element.attrs["href"].strip())
        return replace(self, mono=True) if element.tag in _MONO else self


@dataclass(slots=True)
class Findings:
    """What is collected along the way through a post."""

    notices: list[Notice] = field(default_factory=list)
    references: dict[str, list[int]] = field(default_factory=dict)
    """Footnote label to the lines that refer to it, in the order in which they are numbered."""
    numbers: dict[str, int] = field(default_factory=dict)
    definitions: dict[str, Element] = field(default_factory=dict)
    lazy: set[str] = field(default_factory=set)
    """Pictures that a script would have loaded."""
    errata: list[Directive] = field(default_factory=list)
    """They are about the section they stand in, wherever they stand in it, and are no part of its text."""

    def number(self, label: str, line: int) -> int:
        """A footnote's number: they count in the order in which they are first referred to."""
        self.references.setdefault(label, []).append(line)
        return self.numbers.setdefault(label, len(self.numbers) + 1)


class Run:
    """Reads elements into one run of pieces; blocks inside become lines of it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.pieces: list[Piece] = []
        self.directives: list[Break | Directive] = []
        self.pinned = ""
        """The id that an attribute list in this run gives, for headings."""

    def walk(self, children: Iterable[Element | str], context: Context) -> None:
        for child in children:
            if isinstance(child, str):
                self._text(child, context)
            else:
                self.element(child, context)

    def content(self) -> tuple[Inline, ...]:
        """The run so far as neutral nodes."""
        return nested(self.pieces)

    def element(self, element: Element, context: Context) -> None:
        tag = element.tag
        if tag in BLOCK:
            self.block(element, context)
        elif tag == "br":
            self.pieces.append(Piece(LineBreak(), context.wraps))
        elif tag == "img":
            self._image(element, context)
        elif tag in _EMBED:
            self._embed(element, context)
        elif tag == "comment":
            self._comment(element)
        elif tag == "attributes":
            self.pin(directives.id_in(_characters(element)))
        elif tag == "footnote-ref":
            number = self.findings.number(element.attrs["label"], element.line)
            self._text(f"[{number}]", context.styled(Style.SUP))
        elif tag not in _HIDDEN:
            self._inline(element, context)

    def block(self, element: Element, context: Context) -> None:
        """A block where only a line fits (a table cell, a heading): its text, on lines of its own."""
        if element.tag == "footnote":
            self.findings.definitions.setdefault(element.attrs["label"], element)
            return
        self._line_end(context)
        if element.tag == "li":
            self._text("• ", context)
        self.walk(element.children, context.within(element))
        self._line_end(context)

    def directive(self, found: Break | Directive) -> None:
        self.directives.append(found)

    def pin(self, name: str) -> None:
        self.pinned = name or self.pinned

    def _line_end(self, context: Context) -> None:
        if self.pieces and not isinstance(self.pieces[-1].node, LineBreak):
            self.pieces.append(Piece(LineBreak(), context.wraps))

    def _inline(self, element: Element, context: Context) -> None:
        before = len(self.pieces)
        self.walk(element.children, context.within(element))
        href = element.attrs.get("href", "") if element.tag == "a" else ""
        if href and len(self.pieces) == before and element.explicit and not element.children:
            self.findings.notices.append(Notice(f"The link to {href} has no text and is not shown.", element.line))

    def _text(self, text: str, context: Context) -> None:
        if context.mono:
            self.pieces.append(Piece(Mono(text.replace("\n", " ")), context.wraps))
        else:
            self.pieces.extend(linked(text, context.wraps))

    def _image(self, element: Element, context: Context) -> None:
        source, alt = source_of(element.attrs), element.attrs.get("alt", "").strip()
        if source in self.findings.lazy and context.fallback:
            return
        if source != element.attrs.get("src", "").strip():
            self.findings.lazy.add(source)
        if source:
            self.pieces.append(Piece(Image(source, alt, line=element.line), context.wraps))
        elif alt:
            self._text(alt, context)

    def _embed(self, element: Element, context: Context) -> None:
        """What plays on a page is a link in a chat."""
        source = (element.attrs.get("src") or element.attrs.get("data") or "").strip()
        if source:
            title = element.attrs.get("title", "").strip() or source
            self.pieces.append(Piece(Text(title), context.linked(source).wraps))
            self.pieces.append(Piece(Text(" "), context.wraps))
        if element.tag != "iframe":
            self.walk(element.children, context)

    def _comment(self, element: Element) -> None:
        found = directives.from_comment(_characters(element), element.line)
        if isinstance(found, Notice):
            self.findings.notices.append(found)
        elif isinstance(found, Directive) and found.name == directives.ERRATUM:
            self.findings.errata.append(found)
        elif found:
            self.directive(found)


def _characters(element: Element) -> str:
    return "".join(child for child in element.children if isinstance(child, str))

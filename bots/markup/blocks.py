"""From the element tree to the neutral blocks: what each block tag means, whether Markdown or HTML wrote it."""

from __future__ import annotations

import re
from dataclasses import replace

from bots.document import (
    Block,
    Break,
    Code,
    Details,
    Directive,
    Figure,
    Heading,
    Item,
    List,
    Paragraph,
    Quote,
    Rule,
    Style,
)
from bots.markup.elements import Element
from bots.markup.figures import blocks_of, captioned, captioned_by, is_centred
from bots.markup.footnotes import Note, notes_of, unused
from bots.markup.headings import heading_of
from bots.markup.inlines import plain
from bots.markup.runs import Context, Findings, Run
from bots.markup.tables import table_of
from bots.model import Notice

_MARKER = re.compile(r"\[\[?_?toc_?\]\]?", re.IGNORECASE)
_TOC = re.compile(r"toc|table of contents", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight-source)-([\w+#-]+)")
_ALERT = re.compile(r"\[!([A-Za-z][\w-]*)\][+-]?[ \t]*(.*)")
_NO_CONTEXT = Context()


def convert(root: Element) -> tuple[tuple[Block, ...], tuple[Note, ...], list[Directive], list[Notice]]:
    """The tree's blocks, its footnotes in order of reference, its errata, and what the author should know."""
    findings = Findings()
    blocks = _flow(findings, root, _NO_CONTEXT)
    notes = tuple(notes_of(findings, lambda definition: _blocks(findings, definition)))
    return blocks, notes, findings.errata, [*findings.notices, *unused(findings)]


def _blocks(findings: Findings, element: Element, context: Context = _NO_CONTEXT) -> tuple[Block, ...]:
    """The blocks inside another block: no place for instructions, which are about sections."""
    kept = []
    for block in _flow(findings, element, context):
        if isinstance(block, Break | Directive):
            what = "An instruction inside a list, a quote or a table does nothing."
            findings.notices.append(Notice(what, block.line))
        else:
            kept.append(block)
    return tuple(kept)


def _flow(findings: Findings, element: Element, context: Context) -> tuple[Block, ...]:
    flow = _Flow(findings, element.line)
    flow.walk(element.children, context)
    return flow.finished()


class _Flow(Run):
    """Reads elements into blocks: runs of inline content become paragraphs and figures."""

    def __init__(self, findings: Findings, line: int) -> None:
        super().__init__(findings)
        self._blocks: list[Block] = []
        self._line = line

    def finished(self) -> tuple[Block, ...]:
        self._flush(self._line)
        return captioned(self._blocks)

    def directive(self, found: Break | Directive) -> None:
        self._flush(found.line)
        self._blocks.append(found)

    def pin(self, name: str) -> None:
        """kramdown puts a heading's attribute list on the line below it."""
        last = self._blocks[-1] if self._blocks and not self.pieces else None
        if name and isinstance(last, Heading):
            self._blocks[-1] = replace(last, id=name)

    def block(self, element: Element, context: Context) -> None:
        self._flush(element.line)
        before = len(self._blocks)
        make = _MAKERS.get(element.tag)
        if make:
            self._blocks += make(self.findings, element, context)
        elif element.tag == "footnote":
            self.findings.definitions.setdefault(element.attrs["label"], element)
        else:
            self.walk(element.children, context)
        self._flush(element.line)
        if before and is_centred(element):
            self._blocks[before - 1 :] = captioned_by(self._blocks[before - 1 :])

    def _flush(self, next_line: int) -> None:
        made = blocks_of(self.pieces, self._line)
        if not (len(made) == 1 and isinstance(made[0], Paragraph) and _MARKER.fullmatch(plain(made[0].content))):
            self._blocks += made
        self.pieces = []
        self._line = next_line


def _quote(findings: Findings, element: Element, context: Context) -> list[Block]:
    _alerted(element)
    blocks = _blocks(findings, element, context)
    return [Quote(blocks, element.line)] if blocks else []


def _alerted(element: Element) -> None:
    """`> [!NOTE]`: the first line is a label, a title that the author set behind it goes before its name."""
    first = next((child for child in element.children if isinstance(child, Element)), None)
    label = first.children[0] if first and first.tag == "p" and first.children else None
    found = _ALERT.fullmatch(label) if isinstance(label, str) else None
    if first is None or found is None or (len(first.children) > 1 and first.children[1] != "\n"):
        return
    words = found[2] or found[1].replace("-", " ").capitalize()
    title = Element("p", first.line, children=[Element("b", first.line, children=[words])])
    element.children.insert(element.children.index(first), title)
    del first.children[:2]
    first.line += 1


def _list(findings: Findings, element: Element, context: Context) -> list[Block]:
    items = []
    outside: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag == "li":
            item = _item(findings, child, context)
            # an empty bullet says nothing; an empty number still counts
            if item.blocks or item.checked is not None or element.tag == "ol":
                items.append(item)
        elif isinstance(child, Element) or child.strip():
            outside.append(child)
    strays = _blocks(findings, replace(element, children=outside), context)
    if strays and items and all(isinstance(block, List) for block in strays):
        # `<ul><li>a</li><ul>…</ul></ul>`: the inner list belongs to the item before it
        items[-1] = replace(items[-1], blocks=items[-1].blocks + strays)
        strays = ()
    if len(items) == 1 and _TOC.fullmatch(_only_words(items[0])):
        return list(strays)  # kramdown puts a table of contents in the place of this list
    made = List(tuple(items), element.line, _start(element) if element.tag == "ol" else None)
    return [*strays, made] if items else list(strays)


def _only_words(item: Item) -> str:
    """The text of an item that is one paragraph, else nothing."""
    block = item.blocks[0] if len(item.blocks) == 1 else None
    return plain(block.content) if isinstance(block, Paragraph) else ""


def _start(element: Element) -> int:
    start = element.attrs.get("start", "1").strip()
    return int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 1


def _item(findings: Findings, element: Element, context: Context) -> Item:
    box = next((child for child in element.children if isinstance(child, Element) and child.tag == "input"), None)
    checked = None
    if "checked" in element.attrs:
        checked = element.attrs["checked"] == "yes"
    elif box and box.attrs.get("type", "").lower() == "checkbox":
        checked = "checked" in box.attrs
    return Item(_blocks(findings, element, context), element.line, checked)


def _stray_item(findings: Findings, element: Element, context: Context) -> list[Block]:
    return [List((_item(findings, element, context),), element.line)]


def _code(findings: Findings, element: Element, context: Context) -> list[Block]:
    text = _raw(element)
    if "language" in element.attrs:
        return [Code(text, element.line, element.attrs["language"])]
    inner = next((child for child in element.children if isinstance(child, Element)), None)
    match = _LANGUAGE.search((inner.attrs if inner and inner.tag == "code" else element.attrs).get("class", ""))
    text = text.removeprefix("\n").removesuffix("\n")
    return [Code(text, element.line, match[1] if match else "")] if text.strip() else []


def _raw(element: Element) -> str:
    parts = []
    for child in element.children:
        if isinstance(child, str):
            parts.append(child)
        elif child.tag != "comment":
            parts.append("\n" if child.tag == "br" else _raw(child))
    return "".join(parts)


def _details(findings: Findings, element: Element, context: Context) -> list[Block]:
    summary = Run(findings)
    rest: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag == "summary":
            summary.walk(child.children, context)
        else:
            rest.append(child)
    words = summary.content()
    blocks = _blocks(findings, replace(element, children=rest), context)
    return [Details(words, blocks, element.line)] if words or blocks else []


def _figure(findings: Findings, element: Element, context: Context) -> list[Block]:
    caption = Run(findings)
    rest: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag == "figcaption":
            caption.walk(child.children, context)
        else:
            rest.append(child)
    words = caption.content()
    blocks = _blocks(findings, replace(element, children=rest), context)
    last = blocks[-1] if blocks else None
    if not words:
        return list(blocks)
    if isinstance(last, Figure) and not last.caption:
        return [*blocks[:-1], replace(last, caption=words)]
    return [*blocks, Paragraph(words, element.line)]


def _table(findings: Findings, element: Element, context: Context) -> list[Block]:
    return table_of(findings, element, context, _blocks)


def _rule(findings: Findings, element: Element, context: Context) -> list[Block]:
    return [Rule(element.line)]


def _term(findings: Findings, element: Element, context: Context) -> list[Block]:
    return list(_blocks(findings, element, context.styled(Style.BOLD)))


_MAKERS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), heading_of),
    **dict.fromkeys(("ul", "ol", "menu", "dir"), _list),
    "li": _stray_item,
    "blockquote": _quote,
    "pre": _code,
    "details": _details,
    "figure": _figure,
    "table": _table,
    "hr": _rule,
    "dt": _term,
}

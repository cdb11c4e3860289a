"""One element tree for what is written in Markdown and for the HTML inside it, repaired where it is broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bots.markup.tags import BLOCK, INLINE, RAW, names
from bots.model import Notice

# Opening one of these ends an open one of those, unless the scope stands between them.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu", "dir"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "td": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "th": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
    "a": (frozenset({"a"}), frozenset({"td", "th", "li"})),
}
_PARAGRAPH = (frozenset({"p"}), frozenset({"table", "td", "th", "li", "blockquote", "details", "figure", "button"}))
_OPTIONAL_END = names("p li dt dd tr td th thead tbody tfoot option html body")
_HEADINGS = names("h1 h2 h3 h4 h5 h6")
# Deep enough for any real post, shallow enough for plain recursion over the tree.
_MAX_DEPTH = 100
_MAX_REOPENED = 8


@dataclass(slots=True)
class Element:
    """A node while the tree is being built; the neutral tree made from it is frozen."""

    tag: str
    line: int
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    explicit: bool = True
    """False when its closing tag never came and it was ended by its surroundings."""


@dataclass(slots=True)
class _Entry:
    tag: str
    element: Element
    markdown: bool
    """Opened by Markdown: only its own Markdown closer ends it."""
    closing: bool = False
    """Its closing tag was seen inside a Markdown block; it ends together with that block."""
    shared: bool = False
    """Too deep for an element of its own: `element` is its parent's."""


class Builder:
    """A stack of open elements; `root` is the finished tree after `finish`."""

    def __init__(self, first_line: int) -> None:
        self.root = Element("root", first_line)
        self.notices: list[Notice] = []
        self._stack = [_Entry("root", self.root, markdown=True)]
        self._open_html: Counter[str] = Counter()

    def text(self, text: str) -> None:
        """Characters as a reader sees them, white space not yet collapsed."""
        if text:
            self._stack[-1].element.children.append(text)

    def note(self, what: str, line: int) -> None:
        self.notices.append(Notice(what, line))

    def is_open(self, tag: str) -> bool:
        """True inside an HTML element with this tag."""
        return self._open_html[tag] > 0

    def leaf(self, tag: str, line: int, attrs: dict[str, str] | None = None, text: str = "") -> None:
        """An element that is complete as it comes: a picture, a line break, a code span."""
        if tag in BLOCK:
            self._end_before(tag, line)
        element = Element(tag, line, attrs or {}, [text] if text else [])
        self._stack[-1].element.children.append(element)

    def open(self, tag: str, line: int, attrs: dict[str, str] | None = None, *, markdown: bool = False) -> Element:
        """Begin an element, ending first what can't contain it."""
        if not markdown and self._stack[-1].tag in RAW:
            return self._stack[-1].element  # `<script>"<b>"</script>` in a line of text
        self._end_before(tag, line)
        parent = self._stack[-1].element
        deep = len(self._stack) > _MAX_DEPTH  # its text is kept, its formatting is not
        element = parent if deep else Element(tag, line, attrs or {})
        if not deep:
            parent.children.append(element)
        self._stack.append(_Entry(tag, element, markdown, shared=deep))
        self._open_html[tag] += not markdown
        return element

    def close_markdown(self, tag: str, line: int) -> None:
        """End the innermost Markdown element: by construction it is the one with this tag."""
        while not self._stack[-1].markdown:
            self._pop_unclosed(line, tag)
        self._stack.pop()
        self._end_closing()

    def close_html(self, tag: str, line: int) -> None:
        """End the nearest HTML element with this tag; without one the closing tag means nothing."""
        if tag == "br":  # browsers show a break for </br>
            self.leaf("br", line)
        if not self._open_html[tag] or (self._stack[-1].tag in RAW and self._stack[-1].tag != tag):
            return
        index = len(self._stack) - 1
        while self._stack[index].tag != tag or self._stack[index].markdown or self._stack[index].closing:
            index -= 1
            if index == 0:
                return
        above = self._stack[index + 1 :]
        if any(entry.tag in BLOCK and (entry.markdown or tag not in BLOCK) for entry in above):
            self._stack[index].closing = True
        elif any(entry.markdown for entry in above):
            self._close_across_markdown(index, line)
        else:
            self._close_at(index, tag, line)
        self._end_closing()

    def finish(self, line: int) -> Element:
        """End everything that is still open; headings behind an unclosed tag are sections, not its content."""
        while len(self._stack) > 1:
            unclosed = self._stack[-1].element
            self._pop_unclosed(line, "")
            _release(unclosed, self._stack[-1].element)
        return self.root

    def _close_at(self, index: int, tag: str, line: int) -> None:
        reopen = []
        while len(self._stack) - 1 > index:
            entry = self._stack[-1]
            if tag in BLOCK:
                self._pop_unclosed(line, tag)
            else:
                reopen.append(self._pop())
        self._pop()
        for entry in reversed(reopen[-_MAX_REOPENED:]):
            self.open(entry.tag, line, dict(entry.element.attrs))

    def _close_across_markdown(self, index: int, line: int) -> None:
        """`<b>a *b</b> c*`: the Markdown element goes on behind it."""
        parent = self._stack[index - 1].element
        self._open_html[self._stack[index].tag] -= 1
        for entry in self._stack[index + 1 :]:
            if entry.element is not parent:
                copy = Element(entry.tag, line, dict(entry.element.attrs))
                parent.children.append(copy)
                entry.element = parent = copy
        del self._stack[index]

    def _end_before(self, tag: str, line: int) -> None:
        if tag in BLOCK and self._open_html["p"]:
            self._end_nearest(*_PARAGRAPH, line, tag)
        rule = _ENDS.get(tag)
        if rule and any(self._open_html[name] for name in rule[0]):
            self._end_nearest(*rule, line, tag)

    def _end_nearest(self, tags: frozenset[str], scope: frozenset[str], line: int, by: str) -> None:
        for index in range(len(self._stack) - 1, 0, -1):
            entry = self._stack[index]
            if entry.markdown or entry.tag in scope:
                return
            if entry.tag in tags:
                while len(self._stack) > index:
                    self._pop_unclosed(line, by)
                return

    def _end_closing(self) -> None:
        while self._stack[-1].closing:
            self._pop()

    def _pop(self) -> _Entry:
        entry = self._stack.pop()
        self._open_html[entry.tag] -= not entry.markdown
        return entry

    def _pop_unclosed(self, line: int, by: str) -> None:
        entry = self._pop()
        if entry.markdown or entry.closing or entry.shared or entry.tag in _OPTIONAL_END:
            return
        entry.element.explicit = False
        if entry.tag in INLINE and any(_is_block(child) for child in entry.element.children):
            entry.element.tag = "span"  # a stray <b> must not make the rest of the post bold
        if entry.element.children or entry.tag not in INLINE:
            end = f"ended in line {line}" if by else "ended with the post"
            self.note(f"<{entry.tag}> is not closed; it was {end}.", entry.element.line)


def _is_block(child: Element | str) -> bool:
    return isinstance(child, Element) and child.tag in BLOCK


def _release(element: Element, parent: Element) -> None:
    """Move everything from the first heading on behind the element, its parent's last child."""
    if element is parent:
        return
    for index, child in enumerate(element.children):
        if isinstance(child, Element) and child.tag in _HEADINGS:
            parent.children += element.children[index:]
            del element.children[index:]
            return

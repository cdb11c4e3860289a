"""Lines that are a border and no text: `:::tip` containers, tags of components, `$$`, and what MDX imports.

Each becomes HTML that begins or ends there, or nothing. Between two borders Markdown goes on, so that a note's text is
read like any other text.
"""

from __future__ import annotations

import re
from html import escape

from markdown_it.rules_block import StateBlock

from bots.markup.meanings import LABELS, boxed, component_html

_COLONS = re.compile(
    r"(:{3,})[ \t]*(?:\{?\.?([\w-]+)\}?(?:\[([^\]\n]*)\])?[ \t]*([^\n{}]*?)(?:\{[^{}\n]*\})?)?[ \t]*:*"
)
# `<Callout type="x">`, `</Tabs>`, `<Card.Title />`: a capital letter says that it is no tag of HTML.
_TAG = re.compile(r"</?[A-Z][\w.]*(?=[\s/>])")
_TAG_END = re.compile(r"\s*/?>")
_ATTRIBUTE = re.compile(r"\s+[\w:-]+(?:=(?:\"[^\"<>]*\"|'[^'<>]*'|\{[^{}<>]*\}))?|\s*\{\.\.\.\w+\}")
_VALUE = re.compile(r"=\{(?:(\w+)|[\"'`]([^\"'`{}]*)[\"'`])\}")
"""`src={hero}` names a picture that was imported, `title={"x"}` is plain text."""
_CODE = re.compile(
    r"import\s+(?:[\w*{}\s,$]+\s+from\s+)?(?:\"[^\"\n]+\"|'[^'\n]+')\s*;?|export\s+(?:const|let|default)\s[^\n]*;?"
)
_PICTURE = re.compile(r"import\s+(\w+)\s+from\s+[\"']([^\"'\n]+\.(?:png|jpe?g|gif|webp|avif|svg))[\"']", re.IGNORECASE)
_REMARK = re.compile(r"\{/\*.*\*/\}|%%\s.*\s%%")


def colons(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A block rule for `:::name title` and the `:::` that ends it."""
    found = _line(state, line, ":::", _COLONS)
    if found is None:
        return False
    opened: list[tuple[int, str]] = state.env.setdefault("containers", [])
    while opened and opened[-1][0] > state.level:  # the list or quote that it began in is over
        opened.pop()
    if found[2] and not silent:
        html, end = _container(found[2].lower(), found[3] or found[4] or "")
        opened.append((state.level, end))
        _html(state, line, html)
    elif not found[2] and not (opened and opened[-1][0] == state.level):
        return False
    elif not silent:
        _html(state, line, opened.pop()[1])
    return True


def _container(name: str, title: str) -> tuple[str, str]:
    if name in ("details", "spoiler", "collapse"):
        return f"<details><summary>{escape(title)}</summary>", "</details>"
    if name in LABELS or name in ("admonition", "notice", "callout"):
        # Zenn's `:::message alert` names a kind of message, not a title
        return boxed("" if name == "message" else name, "" if title.lower() in LABELS else title), "</blockquote>"
    return (f"<div><p><b>{escape(title)}</b></p>" if title else "<div>"), "</div>"


def component(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A block rule for the tag of a component on lines of its own."""
    start = _start(state, line)
    found = _TAG.match(state.src, start, state.eMarks[line]) if state.src.startswith("<", start) else None
    if found is None or state.is_code_block(line):
        return False
    end = _tag_end(state.src, found.end())
    final = next((at for at in range(line, last) if end <= state.eMarks[at]), None) if end else None
    if final is None or state.src[end : state.eMarks[final]].strip():
        return False
    if not silent:
        closing = state.src.startswith("</", start)
        name = found[0].lstrip("</")
        attributes = "" if closing else _attributes(state, found.end(), end)
        html = component_html("/" + name if closing else name, attributes, ended=state.src[end - 2] == "/")
        _html(state, line, html, final + 1)
    return True


def _attributes(state: StateBlock, start: int, end: int) -> str:
    """The attributes of a tag, what they name by a variable put in its place where it is known."""
    pictures: dict[str, str] = state.env.get("imports", {})

    def value(found: re.Match[str]) -> str:
        return f'="{pictures.get(found[1], found[2] or "")}"'

    return _VALUE.sub(value, state.src[start:end].rstrip("/> \n"))


def _tag_end(source: str, at: int) -> int:
    """Behind the `>` of a tag whose attributes start at `at`; 0 for what is no tag after all."""
    while found := _ATTRIBUTE.match(source, at, at + 2000):
        at = found.end()
    found = _TAG_END.match(source, at)
    return found.end() if found else 0


def remark(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A block rule for what only the blog's machinery reads: imports and exports of MDX, remarks."""
    if state.src[_start(state, line) : _start(state, line) + 2] not in ("im", "ex", "{/", "%%"):
        return False
    if _line(state, line, "", _REMARK):
        end = line + 1
    elif silent or state.level:
        return False  # neither interrupts a paragraph
    else:
        end = line
        while end < last and not state.isEmpty(end):
            if _line(state, end, "", _CODE) is None:
                return False
            end += 1
    if not silent:
        _import(state, line, end)
        state.line = end
    return True


def _import(state: StateBlock, line: int, end: int) -> None:
    for found in _PICTURE.finditer(state.src, state.bMarks[line], state.eMarks[end - 1]):
        state.env.setdefault("imports", {})[found[1]] = found[2]


def math(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A block rule for `$$ … $$`: formulas are shown as they are written, and no star in them is emphasis."""
    start = _start(state, line)
    if not state.src.startswith("$$", start) or state.is_code_block(line):
        return False
    for end in range(line, last):
        if end > line and state.sCount[end] < state.blkIndent:
            return False
        text = state.src[start if end == line else state.bMarks[end] : state.eMarks[end]].rstrip()
        if text.endswith("$$") and not (end == line and len(text) < 5):
            return silent or _formula(state, line, end + 1)
        if state.isEmpty(end):
            return False
    return False


def _formula(state: StateBlock, line: int, end: int) -> bool:
    token = state.push("fence", "", 0)
    token.map, token.info = [line, end], "latex"
    token.content = state.getLines(line, end, state.sCount[line], False).strip()[2:-2].strip("\n")
    state.line = end
    return True


def _line(state: StateBlock, line: int, first: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The whole line as `pattern`; `first` is what it must begin with."""
    start = _start(state, line)
    if not state.src.startswith(first, start) or state.is_code_block(line):
        return None
    return pattern.fullmatch(state.src[start : state.eMarks[line]].rstrip())


def _start(state: StateBlock, line: int) -> int:
    return state.bMarks[line] + state.tShift[line]


def _html(state: StateBlock, line: int, html: str, end: int = 0) -> None:
    token = state.push("html_block", "", 0)
    token.map, token.content = [line, end or line + 1], html
    state.line = end or line + 1

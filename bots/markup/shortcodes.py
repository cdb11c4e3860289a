"""Leftovers of blog engines in running text: kramdown attribute lists, Hugo, Jekyll and Hexo shortcodes.

Attribute lists style a page and mean nothing in a chat. Shortcodes with a plain meaning become the HTML they stand for;
any other is kept as the text it is, with a notice.
"""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline.state_inline import StateInline
from markdown_it.token import Token

from bots.markup.meanings import html_for, is_literal, is_plain

_ITEM = r"(?:[.#][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s}]+))"
_ATTRIBUTES = re.compile(rf"\{{:\s*(?:toc|{_ITEM})(?:\s+{_ITEM})*\s*\}}")
_BARE_ATTRIBUTES = re.compile(rf"\{{\s*{_ITEM}(?:\s+{_ITEM})*\s*\}}")
_SHORTCODE = re.compile(r"\{\{([<%])\s*(/?[\w/-]+)([^{}\n]*?)/?\s*[>%]\}\}|\{%-?\s*(\w+)([^{}\n]*?)-?%\}")


def rule(state: StateInline, silent: bool) -> bool:
    """An inline rule for `{`: sets attribute lists apart, turns shortcodes into HTML."""
    if state.src[state.pos] != "{":
        return False
    found = _attributes(state) or _SHORTCODE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        _push(state, found)
    state.pos = found.end()
    return True


def block_rule(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A block rule for a line that is one shortcode: what stands between two of them is Markdown again, or code."""
    start, end = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    if not state.src.startswith(("{{", "{%"), start) or state.is_code_block(line):
        return False
    found = _SHORTCODE.fullmatch(state.src, start, len(state.src[start:end].rstrip()) + start)
    if found is None:
        return False
    name, arguments = _parts(found)
    if is_literal(name):
        code = _code_end(state, line, last, name)
        if code and not silent:
            _push_code(state, line, code, _language(name, arguments))
        return bool(code)
    if not is_plain(name) or (html := html_for(name, arguments)) is None:
        return False
    if not silent:
        _token(state, "html_block", line, line + 1).content = html
        state.line = line + 1
    return True


def _code_end(state: StateBlock, line: int, last: int, name: str) -> int:
    """The line of the shortcode that ends the code; 0 without it, and then the first one is text."""
    ending = re.compile(rf"\{{\{{[<%]\s*/{name}\s*[>%]\}}\}}|\{{%-?\s*end{name}\s*-?%\}}")
    return next((at for at in range(line + 1, last) if ending.match(state.src, state.bMarks[at] + state.tShift[at])), 0)


def _language(name: str, arguments: str) -> str:
    words = [word for word in re.split(r"[\s,\"']+", arguments) if word]
    named = next((word[5:] for word in words if word.startswith("lang:")), "")
    return named or (words[0] if words and name == "highlight" else "mermaid" if name == "mermaid" else "")


def _push_code(state: StateBlock, line: int, end: int, language: str) -> None:
    token = _token(state, "fence", line, end + 1)
    token.info, token.content = language, state.getLines(line + 1, end, state.sCount[line], True)
    state.line = end + 1


def _token(state: StateBlock, kind: str, line: int, end: int) -> Token:
    token = state.push(kind, "", 0)
    token.map = [line, end]
    return token


def _attributes(state: StateInline) -> re.Match[str] | None:
    match = _ATTRIBUTES.match(state.src, state.pos, state.posMax)
    behind = state.tokens[-1].type if state.tokens and not state.pending else ""
    if match is None and behind in ("image", "link_close"):
        # `![](x.jpg){width=400}`: anywhere else braces are text
        match = _BARE_ATTRIBUTES.match(state.src, state.pos, state.posMax)
    return match


def _push(state: StateInline, found: re.Match[str]) -> None:
    if found.re is not _SHORTCODE:
        state.push("attributes", "", 0).content = found[0]
        return
    html = html_for(*_parts(found))
    token = state.push("shortcode" if html is None else "html_inline", "", 0)
    token.content = found[0] if html is None else html


def _parts(found: re.Match[str]) -> tuple[str, str]:
    return found[2] or found[4], found[3] or found[5] or ""

"""The Markdown that authors write: CommonMark, GitHub's extensions, and the leftovers of blog engines."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline.state_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from bots.errors import PostError
from bots.markup import autolink, containers, dialects, shortcodes
from bots.markup.emphasis import CjkInline

MAX_DEPTH = 40
"""Quotes and lists inside each other, counted as markdown-it does: a list and its item are two."""

_STOP = re.compile(
    r"[\n!$&*<\[\\\]^_`{~]|==|(?<![\w:]):(?=[a-z0-9_+-]{1,31}:)|(?<![A-Za-z0-9])(?:https?://|www\.)",
    re.IGNORECASE,
)
"""Where running text may end. Fewer characters than markdown-it's own set: that is a fifth of the parse."""


_BORDERS = {
    "container": containers.colons,
    "component": containers.component,
    "remark": containers.remark,
    "math": containers.math,
    "shortcode_line": shortcodes.block_rule,
}
"""Rules for lines that end a paragraph."""


class _Markdown(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("commonmark")
        self.inline = CjkInline()
        self.configure("commonmark", {"maxNesting": MAX_DEPTH + 10})

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's own name
        """Any target is a link here: whether a reader can open it is each platform's question."""
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """As written: a picture's path must still be the path of a file."""
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def _text(state: StateInline, silent: bool) -> bool:
    stop = _STOP.search(state.src, state.pos, state.posMax)
    end = stop.start() if stop else state.posMax
    if end == state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def _unclosed(state: StateInline, silent: bool) -> bool:
    """A bracket that nothing closes begins no link: markdown-it would look through the rest for every one of them."""
    if state.src[state.pos] not in "[!" or state.src.find("]", state.pos, state.posMax) >= 0:
        return False
    if not silent:
        state.append_pending(state.src[state.pos])
    state.pos += 1
    return True


def _depth(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """markdown-it drops what is nested deeper than its limit; a post must not lose text silently."""
    if state.level >= MAX_DEPTH:
        where = state.env.get("first_line", 1) + line
        raise PostError("Quotes or lists are nested too deep here.", line=where, remedy="Use fewer levels.")
    return False


@cache
def _parser() -> MarkdownIt:
    parser = _Markdown().enable(["table", "strikethrough"])
    # "text_join" only merges text tokens, which the element tree does anyway.
    parser.disable("text_join")
    parser.inline.ruler.at("text", _text)
    parser.inline.ruler.after("text", "address", autolink.rule)
    parser.inline.ruler.after("address", "shortcode", shortcodes.rule)
    parser.inline.ruler.after("shortcode", "formula", dialects.formula)
    parser.inline.ruler.before("image", "embed", dialects.embed)
    parser.inline.ruler.before("link", "unclosed", _unclosed)
    parser.block.ruler.before("code", "depth", _depth)
    for name, rule in _BORDERS.items():
        parser.block.ruler.before("fence", name, rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    footnote_plugin(parser, inline=False, move_to_end=False)
    deflist_plugin(parser)
    return parser


def tokens(body: str, first_line: int) -> tuple[list[Token], dict[str, str]]:
    """Block tokens, footnote definitions where they are written; and each reference label with what it stands for.

    Raises PostError on absurd nesting.
    """
    env: dict[str, Any] = {"first_line": first_line}
    found = _parser().parse(dialects.mended(body), env)
    targets = {label: f"{item['href']} {item['title']}" for label, item in env.get("references", {}).items()}
    return found, targets

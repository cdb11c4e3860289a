"""Leftovers of blog engines in running text: kramdown attribute lists, Hugo, Jekyll and Hexo shortcodes.

Attribute lists style a page and mean nothing in a chat. Shortcodes with a plain meaning become the HTML they stand for;
any other is kept as the text it is, with a notice.
"""

from __future__ import annotations

import re
import shlex
from html import escape

from markdown_it.rules_inline.state_inline import StateInline

_ITEM = r"(?:[.#][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s}]+))"
_ATTRIBUTES = re.compile(rf"\{{:\s*(?:toc|{_ITEM})(?:\s+{_ITEM})*\s*\}}")
_BARE_ATTRIBUTES = re.compile(rf"\{{\s*{_ITEM}(?:\s+{_ITEM})*\s*\}}")
_SHORTCODE = re.compile(r"\{\{([<%])\s*(/?[\w/-]+)([^{}\n]*?)/?\s*[>%]\}\}|\{%-?\s*(\w+)([^{}\n]*?)-?%\}")
_PLAYERS = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "bilibili": "https://www.bilibili.com/video/{}",
    "gist": "https://gist.github.com/{}",
}
_SILENT = frozenset({"raw", "endraw", "toc", "more", "rawhtml", "/rawhtml", "comment", "endcomment"})


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
    html = html_for(found[2] or found[4], found[3] or found[5] or "")
    token = state.push("shortcode" if html is None else "html_inline", "", 0)
    token.content = found[0] if html is None else html


def html_for(name: str, arguments: str) -> str | None:
    """The HTML that a shortcode stands for; None when it is not one of the plain ones."""
    named, plain = _arguments(arguments)
    first = plain[0] if plain else ""
    if name in _SILENT:
        return ""
    if name in _PLAYERS:
        address = _PLAYERS[name].format("/".join(plain) if name == "gist" else named.get("id", first))
        return f'<iframe src="{escape(address)}" title="{escape(named.get("title", ""))}"></iframe>'
    if name in ("figure", "img", "image"):
        return _figure(named.get("src", first), named)
    if name == "asset_img":
        return _figure(first, {"alt": " ".join(plain[1:])})
    return None


def _figure(source: str, named: dict[str, str]) -> str | None:
    if not source:
        return None
    image = f'<img src="{escape(source)}" alt="{escape(named.get("alt", ""))}">'
    if named.get("link"):
        image = f'<a href="{escape(named["link"])}">{image}</a>'
    caption = named.get("caption") or named.get("title") or ""
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _arguments(source: str) -> tuple[dict[str, str], list[str]]:
    try:
        words = shlex.split(source)
    except ValueError:
        words = source.split()
    named = dict(word.split("=", 1) for word in words if re.match(r"[\w-]+=", word))
    return named, [word for word in words if not re.match(r"[\w-]+=", word)]

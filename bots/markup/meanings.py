"""What the shortcodes of Hugo, Jekyll and Hexo themes and the components of MDX mean, as HTML.

Only those with one plain meaning are here. Names are as in the source: `{{< /x >}}` is "/x", `{% endx %}` is "endx".
"""

from __future__ import annotations

import re
import shlex
from html import escape

from bots.markup.tags import names

_PLAYERS = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "bilibili": "https://www.bilibili.com/video/{}",
    "gist": "https://gist.github.com/{}",
    "instagram": "https://www.instagram.com/p/{}",
    "tweet": "https://twitter.com/i/status/{}",
    "twitter": "https://twitter.com/i/status/{}",
    "x": "https://twitter.com/i/status/{}",
    "codepen": "https://codepen.io/pen/{}",
}
_SILENT = names(
    "raw endraw toc more rawhtml /rawhtml comment endcomment tabs /tabs endtabs gallery /gallery endgallery "
    "columns /columns column /column center /center endcenter steps /steps cards /cards row /row"
)
_LITERAL = frozenset({"highlight", "codeblock", "mermaid", "code"})
LABELS = names(
    "note tip info warning caution danger important success error question faq abstract summary tldr todo "
    "bug example message alert attention hint check failure quote"
)
"""Kinds of admonition; their name is what a theme shows when the author gives no title."""
_BOXES = (LABELS | frozenset({"notice", "callout", "admonition", "aside"})) - {"quote", "code"}
_FOLDS = frozenset({"details", "folding", "fold", "expand", "collapse", "accordion", "accordionitem", "spoiler"})
_QUOTES = frozenset({"blockquote", "quote", "cq", "centerquote", "pullquote"})
_TABS = frozenset({"tab", "tabitem"})
_LINKS = frozenset({"button", "btn"})
_BARE = re.compile(r"[\w-]+=")


def is_literal(name: str) -> bool:
    """True for one that holds code up to its end."""
    return name in _LITERAL


def is_plain(name: str) -> bool:
    """True for one whose HTML is a block or the border of one, so that Markdown starts anew behind it."""
    own = name.removeprefix("/").removeprefix("end")
    return name in _SILENT or own in _BOXES | _FOLDS | _QUOTES | _TABS


def html_for(name: str, arguments: str) -> str | None:
    """The HTML that a shortcode stands for; None when it is not one of the plain ones."""
    if name in _SILENT:
        return ""
    named, plain = _arguments(arguments)
    closing = name.startswith("/") or (name.startswith("end") and name != "end")
    own = name.removeprefix("/").removeprefix("end") if closing else name
    paired = _end(own) if closing else _begin(own, named, plain)
    return paired if paired is not None or closing else _single(name, named, plain)


def component_html(name: str, attributes: str, *, ended: bool) -> str:
    """The HTML of a component's tag; `ended` for `<X />`. One of no plain meaning still has a title to show."""
    name = name.lower()
    html = html_for(name, attributes) or ""
    if not html and not name.startswith("/"):
        named, _ = _arguments(attributes)
        words = named.get("title") or named.get("label") or ""
        return f"<p><b>{escape(words)}</b></p>" if words else ""
    return html + (_end(name) or "" if ended else "")


def boxed(label: str, title: str) -> str:
    """The beginning of an admonition: a quote under its title, or else the name of its kind."""
    words = title or (label.capitalize() if label.lower() in LABELS else "")
    return "<blockquote>" + (f"<p><b>{escape(words)}</b></p>" if words else "")


def _begin(name: str, named: dict[str, str], plain: list[str]) -> str | None:
    if name in _BOXES:
        kind = named.get("type") or (plain[0] if plain and plain[0].lower() in LABELS else name)
        rest = " ".join(plain[1:]) if plain and plain[0] == kind else ""
        return boxed(kind, named.get("title", rest))
    if name in _FOLDS:
        return f"<details><summary>{escape(named.get('title') or named.get('summary') or ' '.join(plain))}</summary>"
    if name in _QUOTES:
        by = named.get("author") or " ".join(plain)
        return "<blockquote>" + (f"<p>{escape(by)}</p>" if by else "")
    if name in _TABS:
        label = named.get("label") or named.get("name") or named.get("title") or " ".join(plain)
        return f"<div><p><b>{escape(label)}</b></p>" if label else "<div>"
    if name in _LINKS and named.get("href"):
        return f'<a href="{escape(named["href"])}">'
    return None


def _end(name: str) -> str | None:
    if name in _BOXES or name in _QUOTES:
        return "</blockquote>"
    if name in _FOLDS:
        return "</details>"
    if name in _TABS:
        return "</div>"
    return "</a>" if name in _LINKS else None


def _single(name: str, named: dict[str, str], plain: list[str]) -> str | None:
    first = plain[0] if plain else ""
    if name == "include":  # Jekyll: the file's name says what it draws
        stem = first.rpartition("/")[2].partition(".")[0].lower()
        return _single(stem, named, plain[1:]) if stem != "include" else None
    if name in _PLAYERS:
        return _player(name, named, plain)
    if name in ("figure", "img", "image", "picture"):
        return _figure(named.get("src") or named.get("url") or first, named)
    if name == "asset_img":
        return _figure(first, {"alt": " ".join(plain[1:])})
    return _words(name, plain)


def _player(name: str, named: dict[str, str], plain: list[str]) -> str | None:
    """What plays on a page, as a link."""
    what = "/".join(plain) if name == "gist" else named.get("id", plain[0] if plain else "")
    address = _PLAYERS[name].format(what)
    return f'<iframe src="{escape(address)}" title="{escape(named.get("title", ""))}"></iframe>' if what else None


def _words(name: str, plain: list[str]) -> str | None:
    """Hexo's tags that stand in a line of text."""
    match name, plain:
        case "btn", [_, *_] if "," in plain[0]:
            address, words = " ".join(plain).split(",")[:2]
            return _link(address, words)
        case "link", [words, address, *_] if "://" in address:
            return _link(address, words)
        case "post_link", [slug, _, *_]:
            return _link(f"./{slug}.md", " ".join(plain[1:]))
        case "label", [words, *_] if "@" in words:
            return escape(words.partition("@")[2])
    return None


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address.strip())}">{escape(words.strip())}</a>'


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
    named = dict(word.split("=", 1) for word in words if _BARE.match(word))
    return named, [word for word in words if not _BARE.match(word)]

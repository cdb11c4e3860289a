"""A tree of formatted text as HTML. The only place that writes tags around what an author wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bots.pages.views import Element, Look, Node

_SHAPES = {
    Look.BOLD: Markup("<strong>{inside}</strong>"),
    Look.ITALIC: Markup("<em>{inside}</em>"),
    Look.UNDERLINE: Markup("<u>{inside}</u>"),
    Look.STRIKE: Markup("<s>{inside}</s>"),
    Look.SPOILER: Markup('<span class="spoiler" tabindex="0">{inside}</span>'),
    Look.CODE: Markup("<code>{inside}</code>"),
    Look.MENTION: Markup('<span class="mention">{inside}</span>'),
    Look.BREAK: Markup("<br>{inside}"),
    Look.HEADING1: Markup("<h3>{inside}</h3>"),
    Look.HEADING2: Markup("<h4>{inside}</h4>"),
    Look.HEADING3: Markup("<h5>{inside}</h5>"),
    Look.SUBTEXT: Markup('<div class="subtext">{inside}</div>'),
    Look.QUOTE: Markup("<blockquote>{inside}</blockquote>"),
    Look.PRE: Markup('<pre data-language="{language}"><code>{inside}</code></pre>'),
    Look.ITEM: Markup("<li>{inside}</li>"),
}
_LINK = Markup('<a href="{address}" rel="noopener noreferrer nofollow" target="_blank">{inside}</a>')
_DEAD_LINK = Markup('<span class="dead-link">{inside}</span>')
_BULLETS = Markup("<ul>{inside}</ul>")
_NUMBERS = Markup('<ol start="{start}">{inside}</ol>')


def html(nodes: Iterable[Node]) -> Markup:
    """Escaped HTML: whatever the text holds, it stays text."""
    return Markup("").join(escape(node) if isinstance(node, str) else _element(node) for node in nodes)


def broken(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The same with line ends as elements, for a page whose style sheet is another's; code keeps its own."""
    return tuple(piece for node in nodes for piece in _pieces(node))


def web_address(href: str) -> str:
    """The address if a page may link to it, else an empty string: http and https with a host, nothing else."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    return href if parts.scheme in ("http", "https") and parts.netloc else ""


def _pieces(node: Node) -> tuple[Node, ...]:
    if isinstance(node, str):
        first, *others = node.split("\n")
        lines: list[Node] = [first] if first else []
        for line in others:
            lines += [Element(Look.BREAK, ()), *([line] if line else [])]
        return tuple(lines)
    return (node,) if node.look is Look.PRE else (replace(node, children=broken(node.children)),)


def _element(element: Element) -> Markup:
    inside = html(element.children)
    address = web_address(element.href)
    return _shape(element, address).format(
        inside=inside, address=address, language=element.language, start=element.start
    )


def _shape(element: Element, address: str) -> Markup:
    if element.look is Look.LINK:
        return _LINK if address else _DEAD_LINK
    if element.look is Look.LIST:
        return _BULLETS if element.start is None else _NUMBERS
    return _SHAPES[element.look]

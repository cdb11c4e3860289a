"""Discord's Markdown as a page shows it: the reader's tree as the page's, with the names that ids stand for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bots import pages
from bots.pages import Element, Look
from bots.rehearsal.discord import markdown as md
from bots.rehearsal.discord.markdown.reading import token_text
from bots.rehearsal.discord.state import State

_STYLES = {
    md.Style.BOLD: Look.BOLD,
    md.Style.ITALIC: Look.ITALIC,
    md.Style.UNDERLINE: Look.UNDERLINE,
    md.Style.STRIKE: Look.STRIKE,
    md.Style.SPOILER: Look.SPOILER,
}
_HEADINGS = {1: Look.HEADING1, 2: Look.HEADING2, 3: Look.HEADING3}


def formatted(nodes: Iterable[md.Node], state: State) -> tuple[pages.Node, ...]:
    """The reader's tree as the page's, with the names of users, roles and channels that `state` knows."""
    return tuple(_node(node, state) for node in nodes)


def _node(node: md.Node, state: State) -> pages.Node:
    match node:
        case md.Text(text):
            return text
        case md.Styled(style, children):
            return Element(_STYLES[style], formatted(children, state))
        case md.Mono(text):
            return Element(Look.CODE, (text,))
        case md.Link(href, children):
            return Element(Look.LINK, formatted(children, state), href=href)
        case md.Mention() | md.Emoji() | md.Timestamp():
            return Element(Look.MENTION, (_named(node, state),))
        case _:
            return _block(node, state)


def _block(node: md.CodeBlock | md.Heading | md.Subtext | md.Quote | md.Listing, state: State) -> Element:
    match node:
        case md.CodeBlock(text, language):
            return Element(Look.PRE, (text,), language=language)
        case md.Heading(level, children):
            return Element(_HEADINGS[level], formatted(children, state))
        case md.Subtext(children):
            return Element(Look.SUBTEXT, formatted(children, state))
        case md.Quote(children):
            return Element(Look.QUOTE, formatted(children, state))
        case md.Listing(items, start):
            return Element(Look.LIST, tuple(Element(Look.ITEM, formatted(item, state)) for item in items), start=start)


def _named(node: md.Mention | md.Emoji | md.Timestamp, state: State) -> str:
    if isinstance(node, md.Timestamp):
        return _moment(node)
    if isinstance(node, md.Emoji) or not node.target.isdecimal():
        return token_text(node)
    number = int(node.target)
    names = {
        "user": {each.id: f"@{each.name}" for each in state.users.values()},
        "role": {each.id: f"@{each.name}" for guild in state.guilds.values() for each in guild.roles},
        "channel": {each.id: f"#{each.name}" for each in state.channels.values()},
    }
    return names.get(node.kind, {}).get(number, token_text(node))


def _moment(stamp: md.Timestamp) -> str:
    try:
        return datetime.fromtimestamp(stamp.unix, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return token_text(stamp)  # a year no calendar has: the client prints the token too

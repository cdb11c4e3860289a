"""The reader: at every position the rules are tried in turn, and what no rule takes is text."""

from __future__ import annotations

from bots.rehearsal.discord.markdown.blocks import block
from bots.rehearsal.discord.markdown.inline import Context, Found, inline
from bots.rehearsal.discord.markdown.nodes import Block, Node, Text


def parse(content: str) -> tuple[Node, ...]:
    """The tree of a message's content. Any text has one; nothing is an error."""
    return _read(content, Context())


def _read(text: str, context: Context) -> tuple[Node, ...]:
    nodes: list[Node] = []
    at, line_start = 0, True
    while at < len(text):
        node, end = _next(text, at, context, line_start=line_start)
        _append(nodes, node)
        line_start = isinstance(node, Block) or text[end - 1] == "\n"
        at = end
    return tuple(nodes)


def _next(text: str, at: int, context: Context, *, line_start: bool) -> Found:
    if context.blocks and line_start and (found := block(text, at, context, _read)) is not None:
        return found
    return inline(text, at, context, _read) or (Text(text[at]), at + 1)


def _append(nodes: list[Node], node: Node) -> None:
    """Add a node; text joins the text before it."""
    if isinstance(node, Text) and nodes and isinstance(last := nodes[-1], Text):
        nodes[-1] = Text(last.text + node.text)
    else:
        nodes.append(node)

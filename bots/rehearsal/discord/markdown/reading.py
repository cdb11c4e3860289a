"""What a reader gets out of a message: its text, how each stretch of it looks, where its links lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bots.rehearsal.discord.markdown.nodes import (
    Block,
    CodeBlock,
    Emoji,
    Heading,
    Link,
    Listing,
    Mention,
    Mono,
    Node,
    Quote,
    Styled,
    Subtext,
    Text,
    Timestamp,
)

_TRAILING = re.compile(r"[ \t]+(?=\n|$)")
_SIGNS = {"user": "@", "role": "@", "channel": "#", "command": "/", "guide": "#", "everyone": "@"}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of visible text that looks the same throughout."""

    text: str
    looks: frozenset[str] = frozenset()
    """Names of styles, and `code`, `code block`, `quote`, `subtext`, `heading 1` to `heading 3`, `item`, `mention`."""
    href: str = ""


def visible(nodes: Iterable[Node]) -> str:
    """The text a reader sees, list markers included; trailing blanks of a line are not seen."""
    return _TRAILING.sub("", "".join(run.text for run in runs(nodes)))


def links(nodes: Iterable[Node]) -> list[Link]:
    """Every link, in reading order."""
    found: list[Link] = []
    for node in nodes:
        if isinstance(node, Link):
            found.append(node)
        for children in _inside(node):
            found += links(children)
    return found


def runs(nodes: Iterable[Node]) -> tuple[Run, ...]:
    """The visible text in stretches, each block on lines of its own."""
    return tuple(_joined(_runs(nodes, Run(""))))


def _inside(node: Node) -> tuple[tuple[Node, ...], ...]:
    if isinstance(node, Listing):
        return node.items
    if isinstance(node, Styled | Link | Heading | Subtext | Quote):
        return (node.children,)
    return ()


def _runs(nodes: Iterable[Node], around: Run) -> Iterator[Run]:
    """`around` is an empty run with the looks of what encloses the nodes."""
    fresh, needs_line = True, False
    for node in nodes:
        is_block = isinstance(node, Block)
        if (is_block and not fresh) or needs_line:
            yield Run("\n")
        text = ""
        for run in _node(node, around):
            text = run.text or text
            yield run
        fresh, needs_line = text.endswith("\n"), is_block


def _node(node: Node, around: Run) -> Iterator[Run]:
    match node:
        case Text(text):
            yield replace(around, text=text)
        case Styled(style, children):
            yield from _runs(children, _with(around, style.value))
        case Mono(text):
            yield replace(_with(around, "code"), text=text)
        case CodeBlock(text, _):
            yield replace(_with(around, "code block"), text=text)
        case Link(href, children):
            yield from _runs(children, replace(around, href=href))
        case Heading(level, children):
            yield from _runs(children, _with(around, f"heading {level}"))
        case Subtext(children):
            yield from _runs(children, _with(around, "subtext"))
        case Quote(children):
            yield from _runs(children, _with(around, "quote"))
        case Listing():
            yield from _listing(node, _with(around, "item"))
        case _:
            yield replace(_with(around, "mention"), text=token_text(node))


def _listing(node: Listing, around: Run) -> Iterator[Run]:
    for n, item in enumerate(node.items):
        if n:
            yield Run("\n")
        marker = "• " if node.start is None else f"{node.start + n}. "
        yield replace(around, text=marker)
        yield from _runs(item, around)


def token_text(node: Mention | Emoji | Timestamp) -> str:
    """What stands for a mention, custom emoji or time where no client fills in names."""
    match node:
        case Mention(kind, target):
            return _SIGNS[kind] + target
        case Emoji(name, _):
            return f":{name}:"
        case Timestamp(unix, style):
            return f"<t:{unix}:{style}>"


def _with(around: Run, look: str) -> Run:
    return replace(around, looks=around.looks | {look})


def _joined(stretches: Iterable[Run]) -> Iterator[Run]:
    held: Run | None = None
    for run in stretches:
        if not run.text:
            continue
        if held is not None and (held.looks, held.href) == (run.looks, run.href):
            held = replace(held, text=held.text + run.text)
            continue
        if held is not None:
            yield held
        held = run
    if held is not None:
        yield held

"""The tree a Discord client draws: blocks at line starts, inlines in between, text with its line ends as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strikethrough"
    SPOILER = "spoiler"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    style: Style
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mono:
    """Inline code."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    children: tuple[Node, ...]
    masked: bool
    """True for `[text](address)`, False for an address that shows itself."""
    preview: bool
    """False inside angle brackets, which keep the preview card away."""


@dataclass(frozen=True, slots=True)
class Mention:
    kind: str
    """user, role, channel, command, guide or everyone."""
    target: str
    """The id; for everyone the word itself."""


@dataclass(frozen=True, slots=True)
class Emoji:
    """A custom emoji."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    unix: int
    style: str


@dataclass(frozen=True, slots=True)
class CodeBlock:
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    """1 to 3."""
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Subtext:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[tuple[Node, ...], ...]
    start: int | None
    """First number of an ordered list, None for bullets."""


Block = CodeBlock | Heading | Subtext | Quote | Listing
Node = Text | Styled | Mono | Link | Mention | Emoji | Timestamp | Block

"""What a page shows: chats, messages, and formatted text as a tree that becomes HTML without further thought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Look(StrEnum):
    """How a stretch of text looks. The last eight stand on lines of their own."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strikethrough"
    SPOILER = "spoiler"
    CODE = "code"
    LINK = "link"
    MENTION = "mention"
    HEADING1 = "heading 1"
    HEADING2 = "heading 2"
    HEADING3 = "heading 3"
    SUBTEXT = "subtext"
    QUOTE = "quote"
    PRE = "code block"
    LIST = "list"
    ITEM = "item"

    @property
    def is_block(self) -> bool:
        return self in _BLOCKS


_BLOCKS = frozenset(list(Look)[-8:])


@dataclass(frozen=True, slots=True)
class Element:
    """Formatted text. Plain text inside is unescaped: escaping is the renderer's work."""

    look: Look
    children: tuple[Node, ...]
    href: str = ""
    """LINK: where it leads, unchecked; the renderer links http and https only."""
    language: str = ""
    """PRE: the language the author named."""
    start: int | None = None
    """LIST: the first number of an ordered list, None for bullets."""


Node = str | Element


@dataclass(frozen=True, slots=True)
class Picture:
    src: str
    """A path on this server, or a `data:` address."""
    alt: str = ""
    width: int = 0
    """In pixels, 0 when unknown; so is the height."""
    height: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """An attachment that isn't a picture."""

    name: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Card:
    """Where the platform would draw a link preview. What it would show there isn't known: nothing is fetched."""

    href: str
    host: str
    large: bool = False
    above: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    time: datetime
    """Zone-aware, shown in its own zone."""
    author: str
    nodes: tuple[Node, ...] = ()
    pictures: tuple[Picture, ...] = ()
    files: tuple[File, ...] = ()
    cards: tuple[Card, ...] = ()
    caption_above: bool = False
    """True: the text stands over the pictures, as it always does on Discord."""
    edited: bool = False
    silent: bool = False
    pings: int = 0
    """How many people, roles and @everyone it notified by name."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat on one platform."""

    platform: str
    """`telegram` or `discord`: chooses how the chat looks, and prefixes the anchors of its messages."""
    title: str
    messages: tuple[Message, ...] = ()

    @property
    def pictures(self) -> int:
        return sum(len(message.pictures) for message in self.messages)

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
    BREAK = "line break"
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
class Embed:
    """A framed box of Discord."""

    title: str = ""
    href: str = ""
    """Where the title leads, unchecked as all of them."""
    nodes: tuple[Node, ...] = ()
    picture: Picture | None = None
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message. On a page it does nothing."""

    text: str
    effect: str = ""
    """What it would do, in a few words."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What readers think of a message."""

    emoji: str
    count: int


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
    embeds: tuple[Embed, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    """In rows."""
    reactions: tuple[Reaction, ...] = ()
    """In the order the platform shows them."""
    caption_above: bool = False
    """True: the text stands over the pictures, as it always does on Discord."""
    edited: bool = False
    silent: bool = False
    pinned: bool = False
    published: bool = False
    """Went to the followers of its channel."""
    source: str = ""
    """What it is when nobody sent it here: a copy of something, a forward."""
    pings: int = 0
    """How many people, roles and @everyone it notified by name."""
    note: str = ""
    """What the platform itself says here; such a message has nothing else."""
    thread: Thread | None = None
    """The thread that hangs on it."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread beneath its message, or a forum's post."""

    id: str
    title: str
    messages: tuple[Message, ...] = ()
    tags: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    """What else is to be said of it: archived, locked, pinned."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat on one platform."""

    platform: str
    """`telegram` or `discord`: chooses how the chat looks."""
    title: str
    messages: tuple[Message, ...] = ()
    anchor: str = ""
    """Its id on the page, which those of its messages begin with; the platform's name if there is no other chat."""
    kind: str = ""
    """What sort of chat it is, in a few words."""
    posts: tuple[Thread, ...] = ()
    """A forum's posts, the newest first; a forum has no messages of its own."""
    names: bool = False
    """Telegram: readers see who wrote a message, as in groups."""

    @property
    def id(self) -> str:
        return self.anchor or self.platform

    @property
    def everything(self) -> tuple[Message, ...]:
        """Every message, those in threads and posts included."""
        threads = (*(message.thread for message in self.messages if message.thread), *self.posts)
        return (*self.messages, *(message for thread in threads for message in thread.messages))

    @property
    def spoken(self) -> int:
        """How many messages somebody wrote."""
        return sum(not message.note for message in self.everything)

    @property
    def pictures(self) -> int:
        embedded = sum(embed.picture is not None for message in self.everything for embed in message.embeds)
        return embedded + sum(len(message.pictures) for message in self.everything)


@dataclass(frozen=True, slots=True)
class Comment:
    """What a reader wrote."""

    key: str
    """Its id on the page."""
    author: str
    time: datetime
    """Zone-aware, shown in its own zone."""
    platform: str
    nodes: tuple[Node, ...]
    depth: int = 0
    """How many comments it stands below."""
    href: str = ""
    """Where it was written, unchecked."""
    by_author: bool = False
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """What readers answered to one section."""

    title: str
    reactions: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    """Platform, and each reaction with how often."""
    comments: tuple[Comment, ...] = ()

"""The values that travel between the parts: plain, frozen, free of any platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from bots.document import Block

LEAD = "lead"
"""Id of the section that stands before the first heading: title card, description, date, contents."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something repaired or left out, worth the author's eye; `line` counts from 1, 0 means the whole file."""

    what: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A Markdown file, read: metadata in our own words, and the text beneath the front matter."""

    path: Path
    """As given on the command line or found in posts/."""
    id: str
    """`weektech.id` of the front matter, else the slug. The ledger freezes it at first publish."""
    slug: str
    title: str
    """Plain text; empty when neither front matter nor an H1 gives one."""
    body: str
    """Markdown with "\\n" line ends and no byte-order mark."""
    first_line: int
    """Line of the file at which `body` starts, from 1."""
    description: str = ""
    date: datetime | None = None
    """Zone-aware release time, None when the post carries no date."""
    date_only: bool = False
    """True when the author wrote a date without a time."""
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    draft: bool = False
    silent: bool | None = None
    """`weektech.silent`: overrides the destination's setting for this issue."""
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of an issue with a lasting identity; reactions, comments and edits hang on it."""

    id: str
    """Unique in its issue, from the heading path or pinned by the author; `lead` for the lead."""
    title: str
    """Plain text of the heading; the issue's title for the lead."""
    path: tuple[str, ...]
    """Titles of the headings above it and its own, outermost first; () for the lead."""
    blocks: tuple[Block, ...]
    """The section's content with its own heading as the first block (the lead has none)."""
    line: int
    """Line of the file where it starts, from 1."""
    source: str
    """The Markdown it was made from, pictures excluded; a change here is what makes a correction."""
    errata: tuple[str, ...] = ()
    """What the author adds to it for those who read it before it was corrected, in order; plain text."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A post cut into sections: the lead first, then the sections in the author's order."""

    post: Post
    sections: tuple[Section, ...]
    warnings: tuple[Notice, ...] = ()
    """The post's among them."""

    @property
    def id(self) -> str:
        return self.post.id

    @property
    def title(self) -> str:
        return self.post.title


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture a message carries. The body refers to it as `attach://<name>`."""

    name: str
    """File name in the request, unique in the message, ending in the extension sent (`.jpg`, `.png`, `.gif`)."""
    source: str
    """As written in the post: a relative path, an http(s) address or a `data:` address."""
    alt: str = ""
    missing: bool = False
    """True: it can't be read; it is not attached and the message says so in words."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a message's text that becomes a link to a section once that section is out there."""

    section: str
    offset: int
    """Into the message's text, in code points."""
    length: int


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press below a message: it either tells the bot `data` or opens `url`."""

    label: str
    data: str = ""
    """At most 64 bytes (telegram.md 8)."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One call to a platform. The core stores, hashes, prints and compares `body` and never opens it."""

    section: str
    part: int
    """Counts from 1 within the section."""
    method: str
    """The platform's own name of the call: `sendMessage`, `sendPhoto`, `createMessage` ..."""
    body: Mapping[str, Any]
    """JSON-able, without chat ids, nonces or tokens."""
    text: str
    """What a reader sees, without markup: for diffs, tables and matching."""
    files: tuple[Upload, ...] = ()
    slots: tuple[Slot, ...] = ()
    """Contents entries, still unlinked in `body`."""
    inside: bool = False
    """True: it goes into the thread that belongs to the issue's first message, not into the chat itself."""
    after: tuple[str, ...] = ()
    """What the platform does to it once the whole issue is out there and linked: "crosspost", "pin"."""
    answers: bool = False
    """True: an erratum, sent as a reply to the section's first message where the platform has replies."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a platform answered: the ids a delivery owns, in order (an album has several)."""

    message_ids: tuple[str, ...]
    url: str | None = None
    """Link to the first message; None where the platform has none (private chats, basic groups)."""
    uploaded: Mapping[str, str] = field(default_factory=dict)
    """Upload name -> the platform's own lasting id of that picture, where it can be sent again without its bytes."""


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """Planned, not handed to the platform."""
    SENDING = "sending"
    """Handed to the platform; if we die here the outcome is unknown."""
    SENT = "sent"
    """The platform confirmed it and its message ids are recorded."""
    FAILED = "failed"
    """The platform provably did not take it, for the reason recorded."""
    IN_DOUBT = "in doubt"
    """It may be out there; the destination waits until evidence or the author decides."""
    DELETED = "deleted"
    """It was there and was taken back."""


class Kind(StrEnum):
    """Kinds of destination."""

    CHANNEL = "channel"
    """Telegram channel, with or without a discussion group."""
    SUPERGROUP = "supergroup"
    GROUP = "group"
    """Telegram basic group: its messages have no links, and it may become a supergroup under a new id."""
    TOPIC = "topic"
    """Topic of a Telegram forum supergroup; `Destination.topic` names it."""
    PRIVATE = "private"
    """Telegram chat with one subscriber."""
    TEXT = "text"
    """Discord text channel: sections as messages."""
    ANNOUNCEMENT = "announcement"
    """Discord announcement channel: a head message, crossposted once, the sections in its thread."""
    FORUM = "forum"
    """Discord forum: one post an issue, everything in it."""
    THREAD = "thread"
    """An existing Discord thread."""


class Format(StrEnum):
    """How much of an issue a destination gets."""

    FULL = "full"
    DIGEST = "digest"
    """The lead with its contents alone, linked to the author's site: the usual form in private chats."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One configured chat on one platform."""

    name: str
    platform: str
    kind: Kind
    chat: str
    """Telegram: `@name` or a numeric id; Discord: a channel id."""
    topic: str | None = None
    """Telegram: id of the forum topic."""
    format: Format = Format.FULL
    pin: bool = False
    """Pin the issue's first message once everything is out there."""
    crosspost: bool = True
    """Discord announcement channels: publish the head message to followers."""
    tags: tuple[str, ...] = ()
    """Discord forums: names of the tags a post gets; the post's own tags are added where the forum has them."""
    silent: bool = False
    preview: bool = True
    """Telegram: a large preview of a section's first link where the section has no picture. Discord: link cards."""
    inert: bool = True
    """Break up `@name`, `#tag`, `/command` and `README.md` that the author did not write as links."""
    role: str | None = None
    """Discord: id of the one role that the lead notifies."""

"""What people and platforms tell a listening bot, in words that no platform owns. Everything in it is untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who speaks or presses."""

    id: str
    """The platform's lasting number of the account; names can be given up and taken by others."""
    name: str
    """As others see it, whatever it says."""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Formatting of a stretch of a reader's text."""

    kind: str
    """bold, italic, underline, strike, spoiler, code, pre, quote or link; anything else is left out."""
    start: int
    """In code points, as `length`."""
    length: int
    href: str = ""
    """Of a link, as the platform gave it; not to be trusted."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed."""

    platform: str
    by: Person
    chat: str
    message_id: str
    data: str
    """What the button carries; anybody may claim to have pressed anything."""
    ref: str
    """By which the press is acknowledged and answered, see `Listener`."""
    private: bool = False
    """In a chat with the bot alone."""
    language: str = ""
    """Of the reader's app, such as `zh-hans` or `en-GB`; empty where the platform does not say."""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote a message, or changed one."""

    platform: str
    by: Person
    chat: str
    message_id: str
    text: str
    at: datetime
    """When it was written, for a changed one when it was changed."""
    private: bool = False
    """In a chat with the bot alone."""
    edited: bool = False
    forwarded: tuple[str, str] | None = None
    """Chat and message id of the post this is a forward of, where the platform says."""
    reply_to: str | None = None
    """Id of the message it answers, in the same chat."""
    thread: str | None = None
    """Id of its thread: on Telegram the message at the root, on Discord the thread's own id, which is `chat`."""
    marks: tuple[Mark, ...] = ()
    url: str | None = None
    """Link to it, where the platform has one."""
    picture: bool = False
    """Something came with it that is not text."""
    anonymous: bool = False
    """Written in the name of a group or a channel: `by` is that chat."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Messages were deleted. Telegram never says so (telegram.md 4.2)."""

    platform: str
    chat: str
    message_ids: tuple[str, ...]
    everything: bool = False
    """The thread or channel itself was deleted, with everything in it: no ids are told."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody's reactions to a message, all of them as they are now."""

    platform: str
    by: Person
    chat: str
    message_id: str
    reactions: tuple[str, ...]
    """Emoji, or the platform's name of one of its own."""


@dataclass(frozen=True, slots=True)
class Tallied:
    """All reactions to a message as totals (telegram.md 4.1)."""

    platform: str
    chat: str
    message_id: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stirred:
    """The reactions to a message changed; what they are now has to be asked for."""

    platform: str
    chat: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody used a command."""

    platform: str
    by: Person
    chat: str
    private: bool
    command: str
    """Without its sign: `latest`."""
    words: str = ""
    """What stands behind it."""
    ref: str = ""
    """By which it is answered, see `Listener.answer`."""
    language: str = ""
    """As `Press.language`."""
    message_id: str = ""
    """Of the message that holds it, empty where there is none."""
    thread: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Completing:
    """Somebody is typing what stands behind a command, and wants suggestions."""

    platform: str
    command: str
    option: str
    words: str
    ref: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """Somebody looks for something to share, in whatever chat (Telegram's inline mode)."""

    platform: str
    by: Person
    words: str
    ref: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """A reader has blocked the bot, or taken that back."""

    platform: str
    by: Person
    chat: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of a chat turned up elsewhere, such as a channel's post in its discussion group."""

    platform: str
    chats: tuple[str, ...]
    """Every name the chat has: its number, its @name."""
    message_id: str
    where: str
    """Chat in which it turned up."""
    message_there: str
    """Its id there."""
    payload: Mapping[str, Any]
    """As the platform describes it; only the platform's own code opens it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A chat lives on under another id."""

    platform: str
    chat: str
    moved_to: str


Event = Press | Said | Unsaid | Reacted | Tallied | Stirred | Asked | Completing | Sought | Left | Seen | Moved

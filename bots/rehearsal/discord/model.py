"""What the local Discord knows. Ids are snowflakes as integers; times are zone-aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, IntFlag
from typing import Any

EPOCH_MS = 1_420_070_400_000
"""Snowflakes count milliseconds from the first second of 2015."""


class Permission(IntFlag):
    """The permission bits a publisher can meet."""

    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


PUBLISHER = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
)
"""What the bot may do in a channel unless a test says otherwise."""


class ChannelType(IntEnum):
    TEXT = 0
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    FORUM = 15
    MEDIA = 16


WRITABLE = frozenset({ChannelType.TEXT, ChannelType.VOICE, ChannelType.ANNOUNCEMENT, ChannelType.PUBLIC_THREAD})
"""Kinds of channel that hold messages of their own."""


class Flag(IntFlag):
    """Message flags."""

    CROSSPOSTED = 1 << 0
    SUPPRESS_EMBEDS = 1 << 2
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = Flag(0)


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    name: str
    mentionable: bool = False


@dataclass(frozen=True, slots=True)
class Guild:
    id: int
    name: str
    owner: User
    roles: tuple[Role, ...] = ()
    """Without @everyone, which every guild has under its own id."""


@dataclass(frozen=True, slots=True)
class Channel:
    id: int
    guild: int
    name: str
    type: ChannelType = ChannelType.TEXT
    permissions: Permission = PUBLISHER
    """What the bot may do here."""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    id: int
    filename: str
    content: bytes = field(repr=False)
    content_type: str
    description: str | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels; None when it is not a picture."""


@dataclass(frozen=True, slots=True)
class Pings:
    """Who a message notifies."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False

    @property
    def count(self) -> int:
        """How many users, roles and @everyone were notified, each once."""
        return len(self.users) + len(self.roles) + int(self.everyone)


@dataclass(frozen=True, slots=True)
class Version:
    """A message as it stood before an edit."""

    content: str
    attachments: tuple[Attachment, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    channel: int
    author: User
    content: str
    sent: datetime
    nonce: str | None = None
    flags: Flag = NO_FLAGS
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Mapping[str, Any], ...] = ()
    components: tuple[Mapping[str, Any], ...] = ()
    mentioned: Pings = Pings()
    """Who the text mentions and may mention, as the message object lists it; the latest edit counts."""
    pings: Pings = Pings()
    """Who was notified, which only the first sending does (discord.md 3.4); kept when the message is silent."""
    reply_to: int | None = None
    edited: datetime | None = None
    history: tuple[Version, ...] = ()
    """Earlier versions, oldest first."""

    @property
    def silent(self) -> bool:
        return Flag.SUPPRESS_NOTIFICATIONS in self.flags


def snowflake(moment: datetime) -> int:
    """The lowest id of that millisecond."""
    return (int(moment.timestamp() * 1000) - EPOCH_MS) << 22


def created(snowflake_id: int) -> datetime:
    """When an id was made, in UTC."""
    return datetime.fromtimestamp(((snowflake_id >> 22) + EPOCH_MS) / 1000, tz=UTC)

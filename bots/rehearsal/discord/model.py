"""What the local Discord knows. Ids are snowflakes as integers; times are zone-aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag
from typing import Any

EPOCH_MS = 1_420_070_400_000
"""Snowflakes count milliseconds from the first second of 2015."""


class Permission(IntFlag):
    """The permission bits a publisher can meet."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


PUBLISHER = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.PIN_MESSAGES
)
"""What the bot may do in a channel unless a test says otherwise: the rights a publisher asks for (discord.md 10)."""

PRIVATE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.PIN_MESSAGES
)
"""What the bot may do in a conversation with one person."""


class ChannelType(IntEnum):
    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15
    MEDIA = 16


THREADS = frozenset({ChannelType.ANNOUNCEMENT_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD})
WRITABLE = frozenset({ChannelType.TEXT, ChannelType.DM, ChannelType.VOICE, ChannelType.ANNOUNCEMENT}) | THREADS
"""Kinds of channel that hold messages of their own."""
POSTED = frozenset({ChannelType.FORUM, ChannelType.MEDIA})
"""Kinds of channel that hold posts, which are threads, and no messages."""


class MessageType(IntEnum):
    """Kinds of message; those that the server writes itself have no content."""

    DEFAULT = 0
    PINNED = 6
    REPLY = 19
    THREAD_STARTER = 21
    """First in a thread that was started from a message; points to that message."""


class Flag(IntFlag):
    """Message flags."""

    CROSSPOSTED = 1 << 0
    IS_CROSSPOST = 1 << 1
    SUPPRESS_EMBEDS = 1 << 2
    SOURCE_MESSAGE_DELETED = 1 << 3
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    """Seen by one person, in answer to what they did; in no history."""
    LOADING = 1 << 7
    """An answer that was promised and is still to come."""
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = Flag(0)


class ChannelFlag(IntFlag):
    """Channel flags."""

    PINNED = 1 << 1
    """Of a post: it stands at the top of its forum."""
    REQUIRE_TAG = 1 << 4
    """Of a forum: its posts need a tag."""


NO_RIGHTS = Permission(0)


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
    permissions: Permission = NO_RIGHTS


@dataclass(frozen=True, slots=True)
class Guild:
    id: int
    name: str
    owner: User
    roles: tuple[Role, ...] = ()
    """From the lowest to the highest, without @everyone, which every guild has under its own id."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that a forum's posts may carry."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Thread:
    """What a thread has beyond other channels. Its rights are those of its parent."""

    parent: int
    owner: int
    started: datetime
    """When it was made."""
    turned: datetime
    """When it was last made, archived, brought back or given another duration: its `archive_timestamp`."""
    active: datetime
    """When something was last said in it, or it was brought back."""
    minutes: int
    """Of silence, after which it is archived."""
    archived: bool = False
    locked: bool = False
    pinned: bool = False
    """Forum posts: at the top of the forum, and never archived by silence."""
    tags: tuple[int, ...] = ()
    """Forum posts: ids among the forum's tags."""

    def at(self, now: datetime) -> Thread:
        """The thread as it stands at that moment: silence archives it (discord.md 4.4)."""
        end = self.active + timedelta(minutes=self.minutes)
        if self.archived or self.pinned or now < end:
            return self
        return replace(self, archived=True, turned=end)

    def spoken(self, now: datetime) -> Thread:
        """The thread after a new message, which brings it back if it was archived."""
        return replace(self, active=now, archived=False, turned=now if self.archived else self.turned)


@dataclass(frozen=True, slots=True)
class Channel:
    id: int
    guild: int
    name: str
    type: ChannelType = ChannelType.TEXT
    permissions: Permission = PUBLISHER
    """What the bot may do here; `State.rights` knows it for threads as well."""
    topic: str = ""
    tags: tuple[Tag, ...] = ()
    """Forums: the tags there are."""
    require_tag: bool = False
    """Forums: a post without a tag is refused."""
    thread: Thread | None = None
    """Present when the channel is a thread."""
    reader: User | None = None
    """Present when the channel is a conversation with this person, which belongs to no guild: `guild` is 0."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A channel that gets a copy of everything another one crossposts."""

    webhook: User
    """Who the copies are written by: a webhook with the name of the source."""
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The message another one points to: the original of a copy, the pinned one, the first of a thread."""

    guild: int
    channel: int
    message: int


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
class Emoji:
    """A character, or a guild's own picture, which has an id."""

    name: str
    id: int | None = None

    @property
    def key(self) -> str:
        """What makes two of them the same: for a character, whatever variant of it was asked for."""
        return str(self.id) if self.id else self.name.replace("\ufe0f", "")


@dataclass(frozen=True, slots=True)
class Reaction:
    """One person's reaction. A burst is a super reaction, which counts apart (discord.md 5.3)."""

    user: int
    emoji: Emoji
    burst: bool = False


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
    type: MessageType = MessageType.DEFAULT
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
    origin: Origin | None = None
    webhook: int | None = None
    """The webhook that wrote it: follower copies have one, and answers to interactions, whose is the application."""
    pinned: datetime | None = None
    """Since when it is pinned."""
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

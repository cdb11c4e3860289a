"""What the local Telegram keeps: entities, media, messages and chats."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bots.rehearsal.telegram.replies import Json


@dataclass(frozen=True, slots=True)
class Entity:
    """Part of a text with a meaning. `offset` and `length` are UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str = ""
    """text_link only."""
    language: str = ""
    """pre only."""
    user: int = 0
    """text_mention only."""
    emoji: int = 0
    """custom_emoji only."""
    unix_time: int = 0
    format: str = ""
    """date_time only, as `unix_time`."""

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Size:
    """One rendition of a photo. All renditions of a picture share its bytes here."""

    file_id: str
    width: int
    height: int


class MediaKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Media:
    """A stored file. `content` is what was uploaded, unchanged."""

    kind: MediaKind
    file_id: str
    unique_id: str
    path: str
    """Beneath `/file/bot<token>/`."""
    name: str
    mime: str
    content: bytes = field(repr=False)
    sizes: tuple[Size, ...] = ()
    """Photos: smallest first."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an edit can change. `text` is the caption when there is media."""

    text: str = ""
    entities: tuple[Entity, ...] = ()
    media: Media | None = None
    markup: Json = None
    """The inline keyboard as sent, None without one."""
    preview: Json = None
    """`LinkPreviewOptions` as sent."""
    caption_above: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """An account that speaks or changes something; people by default."""

    id: int
    name: str = "Reader"
    username: str = ""
    is_bot: bool = False
    language: str = ""
    """What the user's app is set to, such as "zh"; bots see it where the user speaks."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands now; `history` holds what it said before, oldest first."""

    id: int
    date: datetime
    bot: int
    """The bot that sent it; 0 for anybody else."""
    content: Content
    history: tuple[Content, ...] = ()
    edited: datetime | None = None
    album: str = ""
    """`media_group_id`, shared by the messages of one album."""
    silent: bool = False
    protected: bool = False
    reply_to: int = 0
    origin: Json = None
    """`MessageOrigin` of a forward, None for anything else."""
    reactions: tuple[Json, ...] = ()
    author: User | None = None
    """Who wrote it, None for bots and for a channel's own posts."""
    thread: int = 0
    """Id of the forum topic or of the comments it belongs to, 0 for none."""
    automatic: bool = False
    """A channel's post as its discussion group gets it."""
    sender_chat: Json = None
    """The chat somebody wrote as: the group for its anonymous administrators, a channel for its owner."""
    via: Json = None
    """The bot whose inline result it is, as a `User`."""
    service: Json = None
    """What happened, for a message that nobody wrote: its fields in the Bot API, None for any other."""

    @property
    def text(self) -> str:
        return self.content.text

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self.content.entities

    @property
    def media(self) -> Media | None:
        return self.content.media


class ChatKind(StrEnum):
    CHANNEL = "channel"
    SUPERGROUP = "supergroup"
    GROUP = "group"
    PRIVATE = "private"


class Standing(StrEnum):
    """How the bot stands to a chat."""

    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    LEFT = "left"
    KICKED = "kicked"
    BLOCKED = "blocked"
    """Private chats: the user blocked the bot."""
    STRANGER = "stranger"
    """Private chats: the user never started the bot."""
    DEACTIVATED = "deactivated"
    """Private chats: the account is gone."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What members of a group may do; administrators may do it all the same."""

    messages: bool = True
    photos: bool = True
    documents: bool = True
    pin: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a forum. Its id is that of the message which tells of its making; General has 1."""

    id: int
    name: str
    closed: bool = False
    deleted: bool = False


class Role(StrEnum):
    """What a person is in a group or channel."""

    OWNER = "creator"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    LEFT = "left"
    BANNED = "kicked"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a group or channel."""

    user: User
    role: Role = Role.MEMBER
    anonymous: bool = False
    """An administrator who speaks as the group."""
    title: str = ""
    """What stands beside an administrator's name."""


Reactions = dict[int, tuple[Json, ...]]
"""`ReactionType`s by the id of the user or chat that chose them."""


@dataclass(slots=True)
class Chat:
    """One chat: how it is set up, and what was said. Tests and the page read `messages` in the order of their ids."""

    id: int
    kind: ChatKind = ChatKind.CHANNEL
    title: str = "Channel"
    username: str = ""
    """Without "@"; empty for a private one."""
    standing: Standing = Standing.ADMINISTRATOR
    can_post: bool = True
    can_edit: bool = False
    """`can_edit_messages`: other people's posts, and pinning in channels."""
    can_delete: bool = False
    can_pin: bool = False
    """`can_pin_messages` of an administrator in a group."""
    can_manage_topics: bool = False
    permissions: Permissions = Permissions()
    """Groups only."""
    forum: bool = False
    """A supergroup with topics."""
    linked: int | None = None
    """A channel's discussion group, a group's channel."""
    protected: bool = False
    members: int = 1
    personal: int | None = None
    """Private chats: the channel its user shows in their profile."""
    migrated_to: int | None = None
    """A basic group that became this supergroup."""
    messages: list[Message] = field(default_factory=list)
    deleted: list[Message] = field(default_factory=list)
    services: list[Message] = field(default_factory=list)
    """Messages that nobody wrote: a pin, a new topic. They take ids but nobody reads them."""
    last_id: int = 0
    pinned: int = 0
    topics: dict[int, Topic] = field(default_factory=dict)
    """By id; General is there without being made."""
    people: dict[int, Member] = field(default_factory=dict)
    """Those whose role somebody set, by the id of the user; whoever speaks is a member anyway."""
    reactions: dict[int, Reactions] = field(default_factory=dict)
    """What people think of its messages, by the id of the message. A bot's own reaction is in `Message.reactions`."""

    @property
    def group(self) -> bool:
        return self.kind in (ChatKind.GROUP, ChatKind.SUPERGROUP)

    def find(self, message_id: int) -> Message | None:
        return next((m for m in self.messages if m.id == message_id), None)

    def counted(self, message: Message) -> list[tuple[Json, int]]:
        """All reactions to a message with how often each was chosen, the most frequent first."""
        chosen = [each for them in self.reactions.get(message.id, {}).values() for each in them]
        counts: dict[str, tuple[Json, int]] = {}
        for reaction in (*chosen, *message.reactions):
            key = json.dumps(reaction, sort_keys=True)
            counts[key] = (reaction, counts.get(key, (reaction, 0))[1] + 1)
        return sorted(counts.values(), key=lambda pair: -pair[1])

    def put(self, message: Message) -> None:
        """Replace the message with the same id."""
        self.messages[:] = [message if m.id == message.id else m for m in self.messages]

    def remove(self, message: Message) -> None:
        self.messages.remove(message)
        self.deleted.append(message)

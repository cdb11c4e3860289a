"""A stage for every kind of destination: its local server, a sender that talks to it, and what readers see there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image

from bots.clock import SystemClock
from bots.model import Destination, Kind, Message, Upload
from bots.platforms import PLATFORMS, load
from bots.platforms.base import Attempt, Files, Sender
from bots.rehearsal import telegram
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.limits import NO_LIMITS
from bots.rehearsal.discord.model import PUBLISHER, Channel, ChannelType, MessageType, Permission, Thread
from bots.rehearsal.discord.model import Message as Posted
from bots.rehearsal.discord.server import application
from bots.rehearsal.discord.state import State
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Chat, ChatKind, People, Permissions, Standing, Telegram

TELEGRAM_TOKEN = "123456789:" + "A" * 35
DISCORD_TOKEN = "B" * 24 + ".CCCCCC." + "D" * 38


def nothing() -> None:
    """For what a kind of destination does not have."""


def nobody() -> list[str]:
    return []


@dataclass
class Stage:
    """One kind of destination, with what a test needs to say and to see."""

    sender: Sender
    destination: Destination
    unknown: Destination
    faults: Faults
    base: str
    token: str
    sending: str
    """The platform's name of the call that sends a text."""
    text: Callable[[str], Message]
    pictures: Callable[[str, tuple[str, ...]], Message]
    """A message with a caption and pictures from these sources."""
    shown: Callable[[], list[str]]
    """What readers see, oldest first; a caption stands with the first picture of its album."""
    images: Callable[[], list[int]]
    """How many pictures each message shows."""
    stop: Callable[[], Any]
    linked: bool = True
    """Its messages have addresses."""
    close: Callable[[], None] = nothing
    """Take away what the bot needs to write there."""
    closed: str = ""
    """What the author then reads."""
    pinned: Callable[[], list[str]] = nobody
    """Ids of the pinned messages."""
    forbid_pins: Callable[[], None] = nothing
    keeps: bool = False
    """The platform keeps pictures and takes its own id for them."""


def attempt(number: int = 1) -> Attempt:
    """One made so long ago that whatever it sent to Discord is there by now."""
    return Attempt(f"issue/section/{number}", f"nonce-{number}", SystemClock().now() - timedelta(seconds=15))


def picture(shade: int = 0) -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), (shade, 90, 160)).save(out, "PNG")
    return out.getvalue()


def contents(message: Message) -> Files:
    return {file.name: picture(len(file.source)) for file in message.files}


def uploads(sources: tuple[str, ...]) -> tuple[Upload, ...]:
    return tuple(Upload(f"{n}.png", source, f"alt of {source}") for n, source in enumerate(sources, 1))


def sender_of(platform: str, base: str, token: str, patience: float = 1.5) -> Sender:
    made: Sender = load(PLATFORMS[platform].sender)(token, base_url=base, patience=patience)
    return made


# ── Telegram ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def telegram_text(words: str) -> Message:
    body = {"text": words, "entities": [{"type": "bold", "offset": 0, "length": 2}]}
    return Message("section", 1, "sendMessage", body, words)


def telegram_pictures(words: str, sources: tuple[str, ...]) -> Message:
    files = uploads(sources)
    if len(files) == 1:
        return Message("section", 1, "sendPhoto", {"photo": "attach://1.png", "caption": words}, words, files)
    media: list[dict[str, str]] = [{"type": "photo", "media": f"attach://{file.name}"} for file in files]
    media[0]["caption"] = words
    return Message("section", 1, "sendMediaGroup", {"media": media}, words, files)


@dataclass(frozen=True)
class TelegramKind:
    """A kind of Telegram chat; `close` and `forbid_pins` get it as it stands, `prepare` makes it ready."""

    kind: Kind
    make: Callable[[], Chat]
    close: Callable[[Telegram, Chat], None]
    closed: str
    name: str = ""
    """`Destination.chat`; empty for the id."""
    linked: bool = True
    topic: str | None = None
    others: tuple[Chat, ...] = ()


def set_to(**values: Any) -> Callable[[Telegram, Chat], None]:
    """A change of the chat itself."""

    def change(_: Telegram, chat: Chat) -> None:
        for name, value in values.items():
            setattr(chat, name, value)

    return change


def close_topic(server: Telegram, chat: Chat) -> None:
    People(server).close_topic(chat.id, 3)


def close_general(server: Telegram, chat: Chat) -> None:
    People(server).close_topic(chat.id, 1)


def upgrade(server: Telegram, chat: Chat) -> None:
    People(server).upgrade(chat.id)


def forum() -> Chat:
    """A forum with a topic of id 3."""
    chat = Chat(-1001234567890, ChatKind.SUPERGROUP, "Weekly forum", "weekly", forum=True, can_pin=True, last_id=2)
    People(Telegram([], [chat], SystemClock())).open_topic(chat.id, "Issues")
    return chat


MUTE = Permissions(messages=False, photos=False, documents=False)
TELEGRAM_KINDS: dict[str, TelegramKind] = {
    "channel": TelegramKind(
        Kind.CHANNEL,
        lambda: Chat(-1001234567890, title="Weekly", username="weekly", can_edit=True),
        set_to(can_post=False),
        "right to post messages",
        name="@weekly",
    ),
    "channel with discussion": TelegramKind(
        Kind.CHANNEL,
        lambda: Chat(-1001234567890, title="Weekly", can_edit=True, linked=-1009),
        set_to(standing=Standing.KICKED),
        "Let it in again",
        others=(Chat(-1009, ChatKind.SUPERGROUP, "Talk", linked=-1001234567890),),
    ),
    "supergroup": TelegramKind(
        Kind.SUPERGROUP,
        lambda: Chat(-1001234567890, ChatKind.SUPERGROUP, "Weekly", "weekly", can_pin=True),
        set_to(standing=Standing.MEMBER, permissions=MUTE),
        "administrator",
        name="@weekly",
    ),
    "supergroup as member": TelegramKind(
        Kind.SUPERGROUP,
        lambda: Chat(
            -1001234567890,
            ChatKind.SUPERGROUP,
            "Weekly",
            standing=Standing.MEMBER,
            permissions=Permissions(pin=True),
        ),
        set_to(permissions=MUTE),
        "administrator",
    ),
    "basic group": TelegramKind(
        Kind.GROUP,
        lambda: Chat(-44, ChatKind.GROUP, "Weekly", can_pin=True),
        upgrade,
        "-1000000000044",
        linked=False,
    ),
    "topic": TelegramKind(Kind.TOPIC, forum, close_topic, "right to manage topics", name="@weekly", topic="3"),
    "general topic": TelegramKind(Kind.TOPIC, forum, close_general, "right to manage topics", topic="1"),
    "private": TelegramKind(
        Kind.PRIVATE,
        lambda: Chat(44, ChatKind.PRIVATE, "Weekly reader"),
        set_to(standing=Standing.BLOCKED),
        "blocked the bot",
        linked=False,
    ),
}


@asynccontextmanager
async def telegram_stage(row: TelegramKind) -> AsyncIterator[Stage]:
    chat = row.make()
    others = [replace(other, messages=[]) for other in row.others]
    server = Telegram([telegram.Bot(TELEGRAM_TOKEN)], [chat, *others], SystemClock(), telegram.NO_LIMITS)
    faults, stack = Faults(), AsyncExitStack()
    base = await stack.enter_async_context(serve(telegram.make_app(server, faults)))
    destination = Destination("place", "telegram", row.kind, row.name or str(chat.id), row.topic)
    async with stack:
        yield Stage(
            sender=sender_of("telegram", base, TELEGRAM_TOKEN),
            destination=destination,
            unknown=replace(destination, chat="@nowhere"),
            faults=faults,
            base=base,
            token=TELEGRAM_TOKEN,
            sending="sendMessage",
            text=telegram_text,
            pictures=telegram_pictures,
            shown=lambda: [each.text for each in _in_topic(chat, row.topic)],
            images=lambda: [int(each.media is not None) for each in _in_topic(chat, row.topic)],
            stop=stack.aclose,
            linked=row.linked,
            close=lambda: row.close(server, chat),
            closed=row.closed,
            pinned=lambda: [str(chat.pinned)] if chat.pinned else [],
            forbid_pins=lambda: _forbid_pins(chat),
            keeps=True,
        )


def _in_topic(chat: Chat, topic: str | None) -> Iterable[telegram.Message]:
    thread = int(topic) if topic and topic != "1" else 0
    return [message for message in chat.messages if message.thread == thread]


def _forbid_pins(chat: Chat) -> None:
    chat.can_edit = chat.can_pin = False
    chat.permissions = replace(chat.permissions, pin=False)


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def discord_text(words: str) -> Message:
    body = {"content": words, "allowed_mentions": {"parse": []}}
    return Message("section", 1, "createMessage", body, words)


def discord_pictures(words: str, sources: tuple[str, ...]) -> Message:
    return replace(discord_text(words), files=uploads(sources))


def discord_post(words: str, sources: tuple[str, ...] = ()) -> Message:
    said = discord_pictures(words, sources)
    return replace(said, method="createForumPost", body={"name": "Issue", "message": said.body})


@dataclass(frozen=True)
class DiscordKind:
    """A kind of Discord channel. `make` puts it into the server of that id; `close` gets it as it stands."""

    kind: Kind
    make: Callable[[State, int], Channel]
    close: Callable[[State, Channel], None]
    closed: str
    sending: str = "createMessage"
    text: Callable[[str], Message] = discord_text
    pictures: Callable[[str, tuple[str, ...]], Message] = discord_pictures


def of_type(kind: ChannelType) -> Callable[[State, int], Channel]:
    rights = PUBLISHER | Permission.MANAGE_THREADS if kind is ChannelType.FORUM else PUBLISHER
    return lambda state, guild: state.add_channel(guild, "weekly", kind, rights)


def thread_in(state: State, guild: int) -> Channel:
    """A thread that somebody opened."""
    parent = state.add_channel(guild, "talk")
    now = state.clock.now()
    thread = Thread(parent.id, state.add_user("reader").id, now, now, now, 10080)
    return state.put(Channel(state.new_id(), guild, "Weekly", ChannelType.PUBLIC_THREAD, thread=thread))


def lock(state: State, channel: Channel) -> None:
    assert channel.thread is not None
    state.put(replace(channel, thread=replace(channel.thread, archived=True, locked=True)))


def mute(state: State, channel: Channel) -> None:
    state.permit(channel.id, PUBLISHER & ~Permission.SEND_MESSAGES)


def require_tag(state: State, channel: Channel) -> None:
    state.put(replace(state.channels[channel.id], require_tag=True))


DISCORD_KINDS: dict[str, DiscordKind] = {
    "text": DiscordKind(Kind.TEXT, of_type(ChannelType.TEXT), mute, "`weektech check` names it"),
    "announcement": DiscordKind(
        Kind.ANNOUNCEMENT, of_type(ChannelType.ANNOUNCEMENT), mute, "`weektech check` names it"
    ),
    "thread": DiscordKind(Kind.THREAD, thread_in, lock, "Unlock it"),
    "forum": DiscordKind(
        Kind.FORUM,
        of_type(ChannelType.FORUM),
        require_tag,
        "wants a tag",
        sending="startThread",
        text=discord_post,
        pictures=discord_post,
    ),
}


@asynccontextmanager
async def discord_stage(row: DiscordKind) -> AsyncIterator[Stage]:
    state = State(SystemClock())
    channel = row.make(state, state.add_guild("Server").id)
    server = Discord(state, NO_LIMITS, DISCORD_TOKEN)
    faults, stack = Faults(), AsyncExitStack()
    base = await stack.enter_async_context(serve(application(server, faults)))
    destination = Destination("place", "discord", row.kind, str(channel.id))
    async with stack:
        yield Stage(
            sender=sender_of("discord", base, DISCORD_TOKEN),
            destination=destination,
            unknown=replace(destination, chat="1"),
            faults=faults,
            base=base,
            token=DISCORD_TOKEN,
            sending=row.sending,
            text=row.text,
            pictures=row.pictures,
            shown=lambda: [each.content for each in _written(state, channel)],
            images=lambda: [len(each.attachments) for each in _written(state, channel)],
            stop=stack.aclose,
            close=lambda: row.close(state, channel),
            closed=row.closed,
            pinned=lambda: _pinned_in(state, channel),
            forbid_pins=lambda: state.permit(channel.thread.parent if channel.thread else channel.id, UNPINNING),
        )


UNPINNING = PUBLISHER & ~Permission.PIN_MESSAGES


def _written(state: State, channel: Channel) -> list[Posted]:
    """What people and bots wrote in a channel, or in the posts of a forum."""
    places = [each.id for each in state.threads(channel.id)] if channel.type is ChannelType.FORUM else [channel.id]
    return [each for place in places for each in state.messages(place) if each.type is MessageType.DEFAULT]


def _pinned_in(state: State, channel: Channel) -> list[str]:
    if channel.type is ChannelType.FORUM:
        return [str(each.id) for each in state.threads(channel.id) if each.thread and each.thread.pinned]
    return [str(each.id) for each in _written(state, channel) if each.pinned]


Opened = Callable[[], AbstractAsyncContextManager[Stage]]
STAGES: Mapping[str, Opened] = {
    **{f"telegram {name}": partial(telegram_stage, row) for name, row in TELEGRAM_KINDS.items()},
    **{f"discord {name}": partial(discord_stage, row) for name, row in DISCORD_KINDS.items()},
}
"""Every kind of destination; a name begins with its platform's."""

USUAL: Mapping[str, Opened] = {"telegram": STAGES["telegram channel"], "discord": STAGES["discord text"]}
"""One kind a platform, for what no chat changes: networks, tokens, faults."""

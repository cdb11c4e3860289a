"""The rehearsal as a whole: both local servers with chats of every kind, the page, and the column that faces them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bots.clock import Clock, SystemClock
from bots.config import Config, PlatformConfig
from bots.model import Destination, Format, Kind
from bots.redaction import Secret
from bots.rehearsal.discord import reach
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.model import ChannelType
from bots.rehearsal.discord.server import application as discord_application
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.page import DiscordPlace, Place, Stage, TelegramPlace, page_application
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Bot, Chat, ChatKind, People, Standing, Telegram
from bots.rehearsal.telegram import make_app as telegram_application

_TELEGRAM_TOKEN = "1:rehearsal"  # noqa: S105 - opens nothing but the server made here
_TAGS = ("科技", "AI", "一周")
"""Of the forum: some that a post may have, and one for all."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A stage that is set: the column as it would be, with both platforms replaced by local ones."""

    config: Config
    clock: Clock
    page: str
    """Address of the page that shows all chats."""
    shown: Stage
    """The chats on that page."""


@dataclass(frozen=True, slots=True)
class Side:
    """One platform's part of the stage: where to publish, and what the page shows of it, under the same names."""

    destinations: tuple[Destination, ...]
    places: Mapping[str, Place]


@asynccontextmanager
async def stage(config: Config, *, port: int, speed: float) -> AsyncIterator[Rehearsal]:
    """Start a local Telegram, a local Discord and the page. Real tokens, chats and the real ledger are not used.

    With `speed` 60 a rehearsed minute takes a second: every rate window is kept, nobody waits for it.
    """
    clock = SystemClock(speed)
    title = config.title or "weektech"
    telegram, discord = Telegram([Bot(_TELEGRAM_TOKEN)], _telegram_chats(title), clock), Discord(DiscordState(clock))
    sides = _telegram_side(telegram), _discord_side(discord, title)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weektech-rehearsal-")))
        apis = {
            "telegram": (_TELEGRAM_TOKEN, await stack.enter_async_context(serve(telegram_application(telegram)))),
            "discord": (discord.token, await stack.enter_async_context(serve(discord_application(discord)))),
        }
        view = Stage(_in_order(sides), discord.state, config.zone, title)
        page = await stack.enter_async_context(serve(page_application(view), port))
        facing = replace(
            config,
            state=folder,
            database=Secret(f"sqlite:///{folder / 'ledger.db'}"),
            platforms={name: PlatformConfig(Secret(token), api=api) for name, (token, api) in apis.items()},
            destinations=_main_first(sides),
        )
        yield Rehearsal(facing, clock, page + "/", view)


# ---------------------------------------------------------------------- Telegram

_CHANNEL, _DISCUSSION, _FORUM = -1001000000001, -1001000000002, -1001000000003
_GROUP, _READER = -4000001, 7000001


def _telegram_chats(title: str) -> list[Chat]:
    """A channel with its discussion group, a forum, a basic group, a subscriber."""
    return [
        Chat(_CHANNEL, title=title, username="rehearsal", linked=_DISCUSSION, can_edit=True),
        Chat(_DISCUSSION, ChatKind.SUPERGROUP, f"{title} 讨论", linked=_CHANNEL),
        # Its own making is told by message 1, which is why the topic General has that id.
        Chat(_FORUM, ChatKind.SUPERGROUP, "技术社区", forum=True, can_pin=True, can_manage_topics=True, last_id=1),
        Chat(_GROUP, ChatKind.GROUP, "老同事", can_pin=True),
        Chat(_READER, ChatKind.PRIVATE, "订阅者", standing=Standing.MEMBER),
    ]


def _telegram_side(telegram: Telegram) -> Side:
    forum = telegram.chats[_FORUM]
    topic = People(telegram).open_topic(_FORUM, "周刊")
    shown: dict[str, Place] = {
        "telegram-channel": TelegramPlace(telegram.chats[_CHANNEL]),
        "telegram-topic": TelegramPlace(forum, topic.id),
        "telegram-group": TelegramPlace(telegram.chats[_GROUP]),
        "telegram-private": TelegramPlace(telegram.chats[_READER]),
        "telegram-discussion": TelegramPlace(telegram.chats[_DISCUSSION]),
    }
    destinations = (
        Destination("telegram-channel", "telegram", Kind.CHANNEL, "@rehearsal", pin=True),
        Destination("telegram-topic", "telegram", Kind.TOPIC, str(_FORUM), topic=str(topic.id)),
        Destination("telegram-group", "telegram", Kind.GROUP, str(_GROUP)),
        Destination("telegram-private", "telegram", Kind.PRIVATE, str(_READER), format=Format.DIGEST),
    )
    return Side(destinations, shown)


# ---------------------------------------------------------------------- Discord


def _discord_side(discord: Discord, title: str) -> Side:
    """A server with a channel of each kind, and another server that follows its announcements."""
    state = discord.state
    guild = state.add_guild(title).id
    text = state.add_channel(guild, "weekly")
    news = state.add_channel(guild, "news", ChannelType.ANNOUNCEMENT)
    forum = state.add_forum(guild, "archive", _TAGS, require_tag=True)
    feed = state.add_channel(state.add_guild("另一个服务器").id, "feed")
    reach.follow(state, news, feed)
    channels = {"text": text, "announcement": news, "forum": forum, "follower": feed}
    destinations = (
        Destination("discord-text", "discord", Kind.TEXT, str(text.id)),
        Destination("discord-announcement", "discord", Kind.ANNOUNCEMENT, str(news.id), pin=True),
        Destination("discord-forum", "discord", Kind.FORUM, str(forum.id), tags=_TAGS[-1:]),
    )
    return Side(destinations, {f"discord-{name}": DiscordPlace(channel.id) for name, channel in channels.items()})


# ---------------------------------------------------------------------- what comes first

_ORDER = (
    "telegram-channel",
    "discord-text",
    "discord-announcement",
    "telegram-topic",
    "discord-forum",
    "discord-follower",
    "telegram-group",
    "telegram-private",
    "telegram-discussion",
)
"""Rows of three on the page: the usual kinds first, what nobody publishes to directly last."""


def _in_order(sides: tuple[Side, ...]) -> Mapping[str, Place]:
    places = {name: place for side in sides for name, place in side.places.items()}
    return {name: places[name] for name in _ORDER}


def _main_first(sides: tuple[Side, ...]) -> tuple[Destination, ...]:
    every = (destination for side in sides for destination in side.destinations)
    return tuple(sorted(every, key=lambda destination: _ORDER.index(destination.name)))

"""A local Discord with a channel of each kind, and the sender that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bots.clock import Clock, SystemClock
from bots.model import Destination, Kind, Message
from bots.platforms.base import Attempt
from bots.platforms.discord.send import DiscordSender
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.limits import Rule, Rules
from bots.rehearsal.discord.model import Channel, ChannelType, User
from bots.rehearsal.discord.model import Message as Posted
from bots.rehearsal.discord.server import application
from bots.rehearsal.discord.state import State
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve

TOKEN = "B" * 24 + ".CCCCCC." + "D" * 38
WIDE = Rule(10_000, 1)
OPEN = Rules(everything=WIDE, create=WIDE, edit=WIDE, edit_old=WIDE, delete=WIDE)


def text(words: str, **more: Any) -> Message:
    return Message("section", 1, "createMessage", {"content": words, "allowed_mentions": {"parse": []}, **more}, words)


def inside(words: str) -> Message:
    return replace(text(words), inside=True)


def post(name: str, words: str, tags: Sequence[str] = ()) -> Message:
    body = {"name": name, "message": dict(text(words).body), "applied_tags": list(tags)}
    return Message("lead", 1, "createForumPost", body, words)


def attempt(number: int = 1, after: str | None = None, within: str | None = None) -> Attempt:
    """One made so long ago that whatever it sent is there by now."""
    return Attempt(f"key-{number}", f"nonce-{number}", SystemClock().now() - timedelta(seconds=15), after, within)


class Later:
    """The real clock some seconds ahead, for what only time decides."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> Any:
        return SystemClock().now() + self.ahead

    def monotonic(self) -> float:
        return SystemClock().monotonic() + self.ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Stage:
    state: State
    channel: Channel
    faults: Faults
    destination: Destination
    sender: DiscordSender
    clock: Later

    def shown(self, channel: int | str | None = None) -> list[str]:
        """What the bot wrote in a channel, oldest first."""
        there = self.state.messages(int(channel or self.channel.id))
        return [each.content for each in there if each.author == self.state.bot and _by_hand(each)]

    def announcements(self) -> Destination:
        made = self.state.add_channel(self.channel.guild, "news", ChannelType.ANNOUNCEMENT)
        return Destination("news", "discord", Kind.ANNOUNCEMENT, str(made.id))

    def forum(self, tags: Sequence[str] = (), *, require_tag: bool = False) -> Destination:
        made = self.state.add_forum(self.channel.guild, "issues", tags, require_tag=require_tag)
        return Destination("issues", "discord", Kind.FORUM, str(made.id))

    def thread(self, number: str) -> Channel:
        found = self.state.channel(int(number))
        assert found is not None
        return found

    def put_away(self, number: str, *, locked: bool = False) -> None:
        """Archive a thread, as its readers or time would."""
        found = self.thread(number)
        assert found.thread is not None
        self.state.put(replace(found, thread=replace(found.thread, archived=True, locked=locked)))

    def reader(self) -> User:
        return self.state.add_user("reader")


def _by_hand(message: Posted) -> bool:
    return bool(message.content or message.attachments)


@asynccontextmanager
async def rehearsal(rules: Rules = OPEN, patience: float = 5.0, clock: Clock | None = None) -> AsyncIterator[Stage]:
    state, faults, later = State(clock or SystemClock()), Faults(), Later()
    channel = state.add_channel(state.add_guild("Server").id, "weekly")
    destination = Destination("d", "discord", Kind.TEXT, str(channel.id))
    async with serve(application(Discord(state, rules, TOKEN), faults)) as base:
        sender = DiscordSender(TOKEN, base_url=base, patience=patience, clock=later)
        await sender.open()
        try:
            yield Stage(state, channel, faults, destination, sender, later)
        finally:
            faults.release()
            await sender.close()

"""What Discord says about a channel: its server, its kind, and what the bot may do there."""

from __future__ import annotations

from dataclasses import dataclass

import discord
from discord.abc import GuildChannel, PrivateChannel

from bots.errors import ChatClosed
from bots.model import Destination
from bots.platforms.discord.calls import harmlessly


@dataclass(frozen=True, slots=True)
class View:
    """A channel or thread, and the bot as a member of its server."""

    channel: GuildChannel | discord.Thread
    home: GuildChannel
    """The channel whose permissions hold: itself, or the one a thread is in."""
    member: discord.Member

    @property
    def rights(self) -> discord.Permissions:
        return self.home.permissions_for(self.member)


class Chats:
    """Asks Discord; only a channel's server, which never changes, is remembered."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._guilds: dict[str, int | None] = {}

    async def guild(self, chat: str) -> int | None:
        """The server a channel belongs to, which every link names; None for direct messages."""
        if chat not in self._guilds:
            channel = await harmlessly(lambda: self._client.fetch_channel(int(chat)))
            self._guilds[chat] = None if isinstance(channel, PrivateChannel) else channel.guild.id
        return self._guilds[chat]

    async def view(self, destination: Destination) -> View:
        """Raises ChatClosed for anything but a server's channel or thread that the bot can see."""
        guild_id = await self.guild(destination.chat)
        if guild_id is None or self._client.user is None:
            raise ChatClosed("This is not a server's channel.", remedy="Choose a text channel.")
        me = self._client.user.id
        guild = await harmlessly(lambda: self._client.fetch_guild(guild_id, with_counts=False))
        channel = await harmlessly(lambda: guild.fetch_channel(int(destination.chat)))
        member = await harmlessly(lambda: guild.fetch_member(me))
        parent = channel.parent_id if isinstance(channel, discord.Thread) else None
        home = channel if parent is None else await harmlessly(lambda: guild.fetch_channel(parent))
        if not isinstance(home, GuildChannel):
            raise ChatClosed("This is not a channel.", remedy="Check `chat` in config.yaml.")
        return View(channel, home, member)

    async def forum(self, destination: Destination) -> discord.ForumChannel:
        """The forum as it is now, with its tags. Raises ChatClosed for any other kind of channel."""
        channel = await harmlessly(lambda: self._client.fetch_channel(int(destination.chat)))
        if isinstance(channel, discord.ForumChannel):
            return channel
        raise ChatClosed("The channel is not a forum.", remedy="`weektech check` says which `kind` to write.")

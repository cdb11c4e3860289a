"""Finding Discord channels: the bot's servers and their channels are a list that can be read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial

import discord
from discord.abc import GuildChannel
from discord.utils import oauth_url

from bots.errors import ChatClosed
from bots.model import Kind
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.client import RestClient
from bots.platforms.discord.rights import NEEDED
from bots.platforms.setup import Found, Invitation

KINDS = {
    discord.ChannelType.text: Kind.TEXT,
    discord.ChannelType.news: Kind.ANNOUNCEMENT,
    discord.ChannelType.forum: Kind.FORUM,
    discord.ChannelType.public_thread: Kind.THREAD,
    discord.ChannelType.news_thread: Kind.THREAD,
}
# A forum's post is pinned as the thread it is, any other message as a message.
_PINS = discord.Permissions(pin_messages=True, manage_threads=True)

PERMISSIONS: Mapping[Kind, discord.Permissions] = {
    kind: discord.Permissions(**dict.fromkeys(rights, True)) for kind, rights in NEEDED.items()
}
"""What the bot needs to publish to each kind of channel, and nothing beyond."""
_USES = {
    "text channels": PERMISSIONS[Kind.TEXT],
    "announcement channels": PERMISSIONS[Kind.ANNOUNCEMENT],
    "forums": PERMISSIONS[Kind.FORUM],
    "threads": PERMISSIONS[Kind.THREAD],
    "all of them, with pins": PERMISSIONS[Kind.ANNOUNCEMENT] | _PINS,
}


class DiscordFinder:
    """Lists what the bot sees. `base_url` and `proxy` as for the sender."""

    def __init__(self, token: str, base_url: str | None = None, proxy: str | None = None) -> None:
        self._looking = RestClient(token, base_url, proxy)

    async def open(self) -> None:
        """Log in; raises TokenRejected or TryLater."""
        await self._looking.open()

    async def close(self) -> None:
        await self._looking.close()

    async def invitations(self, code: str) -> Sequence[Invitation]:
        """A link a use. A server that has the bot already only gets the new permissions."""
        application = self._looking.client.application_id or 0
        return tuple(
            Invitation(use, oauth_url(application, permissions=rights, scopes=("bot",)))
            for use, rights in _USES.items()
        )

    async def hints(self, code: str) -> Sequence[str]:
        return ("Open one of the links to bring the bot to a server, then run this again.",)

    async def find(self, code: str) -> AsyncGenerator[Found, None]:
        """Every channel and open thread the bot may look at, server by server as the app orders them."""
        client = self._looking.client
        for partial_guild in await harmlessly(self._guilds):
            guild = await harmlessly(partial(client.fetch_guild, partial_guild.id, with_counts=False))
            channels = await harmlessly(guild.fetch_channels)
            me = await harmlessly(partial(guild.fetch_member, client.user.id if client.user else 0))
            visible = [one for one in channels if one.type in KINDS and one.permissions_for(me).view_channel]
            threads = await harmlessly(guild.active_threads)
            for channel in sorted(visible, key=lambda one: (one.position, one.id)):
                yield described(channel)
                for thread in threads:
                    if thread.parent_id == channel.id and thread.type in KINDS and not _is_post(channel):
                        yield described(thread, channel)

    async def look(self, chat: str, topic: str | None = None) -> Found:
        """The channel or thread of that id. Raises ChatClosed."""
        if not chat.isdigit():
            raise ChatClosed(f"{chat!r} is no channel's id.", remedy="Copy it with Copy Channel ID in its menu.")
        channel = await harmlessly(partial(self._looking.client.fetch_channel, int(chat)))
        if not isinstance(channel, GuildChannel | discord.Thread) or channel.type not in KINDS:
            raise ChatClosed("Nothing can be published to this kind of channel.", remedy="Choose another.")
        guild = await harmlessly(partial(self._looking.client.fetch_guild, channel.guild.id, with_counts=False))
        return described(channel, server=guild.name)

    async def _guilds(self) -> list[discord.Guild]:
        return [guild async for guild in self._looking.client.fetch_guilds(limit=None, with_counts=False)]


def described(channel: GuildChannel | discord.Thread, parent: GuildChannel | None = None, *, server: str = "") -> Found:
    """A channel in our words."""
    above = f" #{parent.name}" if parent else ""
    title = f"{server or channel.guild.name}{above} #{channel.name}"
    return Found(KINDS[channel.type], str(channel.id), title, tags=_required_tags(channel))


def _required_tags(channel: GuildChannel | discord.Thread) -> tuple[str, ...]:
    """The tags of a forum that takes no post without one."""
    if not isinstance(channel, discord.ForumChannel) or not channel.flags.require_tag:
        return ()
    return tuple(tag.name for tag in channel.available_tags)


def _is_post(channel: GuildChannel) -> bool:
    """A forum's threads are its posts: an issue each, not places to publish to."""
    return channel.type is discord.ChannelType.forum

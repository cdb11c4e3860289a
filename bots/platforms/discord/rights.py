"""What a bot needs in a channel before it can publish there, in the author's words. Pure."""

from __future__ import annotations

import discord
from discord.abc import GuildChannel

from bots.model import Destination

_WRITABLE = (discord.ChannelType.text, discord.ChannelType.news)
_NEEDED = (
    ("view_channel", "View Channel"),
    ("send_messages", "Send Messages"),
    ("attach_files", "Attach Files"),
    ("embed_links", "Embed Links"),
    # Without it Discord shows an empty history instead of refusing, and a lost answer could not be settled.
    ("read_message_history", "Read Message History"),
)


def problems(destination: Destination, channel: GuildChannel, member: discord.Member) -> tuple[str, ...]:
    """Each missing thing with its remedy; empty when the bot can post text and pictures."""
    name = f"{destination.name} (#{channel.name})"
    if channel.type not in _WRITABLE:
        return (f"{name}: this is a {channel.type.name} channel. Choose a text or announcement channel.",)
    rights = channel.permissions_for(member)
    missing = [words for right, words in _NEEDED if not getattr(rights, right)]
    found = [f"{name}: the bot lacks “{words}”. Allow it in the channel's settings." for words in missing]
    return (*found, *_role_problems(name, destination.role, channel.guild, rights))


def _role_problems(
    name: str, role_id: str | None, guild: discord.Guild, rights: discord.Permissions
) -> tuple[str, ...]:
    if role_id is None:
        return ()
    role = guild.get_role(int(role_id))
    if role is None:
        return (f"{name}: the server has no role {role_id}. Correct `role` in config.yaml.",)
    if role.mentionable or rights.mention_everyone:
        return ()
    return (f"{name}: the role {role.name} can't be mentioned. Allow anyone to mention it in the role's settings.",)

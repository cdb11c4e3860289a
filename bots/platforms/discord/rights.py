"""What a bot needs in a channel before it can publish there, in the author's words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import discord
from discord import ChannelType

from bots.errors import ChatClosed
from bots.model import Destination, Kind
from bots.platforms.discord.chats import View
from bots.platforms.discord.forum import tag_ids

# Without the history Discord shows an empty one instead of refusing, and a lost answer could not be settled.
_EVERYWHERE = ("view_channel", "attach_files", "embed_links", "read_message_history")
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: (*_EVERYWHERE, "send_messages"),
    Kind.ANNOUNCEMENT: (*_EVERYWHERE, "send_messages", "create_public_threads", "send_messages_in_threads"),
    # Opening a forum's post is a right to send messages, not to make threads (discord.md 4.4).
    Kind.FORUM: (*_EVERYWHERE, "send_messages", "send_messages_in_threads"),
    Kind.THREAD: (*_EVERYWHERE, "send_messages_in_threads"),
}
"""What publishing to each kind of channel takes, in discord.py's names."""
_NAMES: Mapping[str, str] = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
    "pin_messages": "Pin Messages",
}
_NAMES_IN_FORUMS: Mapping[str, str] = {
    "send_messages": "Create Posts",
    "send_messages_in_threads": "Send Messages in Posts",
    "manage_threads": "Manage Posts",
}
_TYPES: Mapping[Kind, tuple[ChannelType, ...]] = {
    Kind.ANNOUNCEMENT: (ChannelType.news,),
    Kind.TEXT: (ChannelType.text, ChannelType.news),
    Kind.FORUM: (ChannelType.forum, ChannelType.media),
    Kind.THREAD: (ChannelType.public_thread, ChannelType.news_thread, ChannelType.private_thread),
}
"""What a destination of that kind may be; a type's own kind stands first."""
_WORDS: Mapping[ChannelType, str] = {
    ChannelType.news: "an announcement channel",
    ChannelType.public_thread: "a thread",
    ChannelType.news_thread: "a thread",
    ChannelType.private_thread: "a thread",
    ChannelType.stage_voice: "a stage channel",
}


def problems(destination: Destination, view: View) -> tuple[str, ...]:
    """Each missing thing with its remedy; empty when the bot can publish to the channel."""
    name = f"{destination.name} (#{view.channel.name})"
    found = _wrong_kind(destination, view.channel.type)
    return tuple(f"{name}: {problem}" for problem in ([found] if found else _lacking(destination, view)))


def _wrong_kind(destination: Destination, found: ChannelType) -> str:
    if found in _TYPES[destination.kind]:
        return ""
    this = f"this is {_WORDS.get(found, f'a {found.name} channel')}."
    kind = next((kind for kind, types in _TYPES.items() if found in types), None)
    if kind is None:
        return f"{this} Choose a text, announcement or forum channel, or a thread."
    return f"{this} Write `kind: {kind.value}` in config.yaml, or choose another channel."


def _lacking(destination: Destination, view: View) -> Iterator[str]:
    rights = view.rights
    names = {**_NAMES, **_NAMES_IN_FORUMS} if destination.kind is Kind.FORUM else _NAMES
    for right in NEEDED[destination.kind]:
        if not getattr(rights, right):
            yield f"the bot lacks “{names[right]}”. Allow it in the channel's settings."
    pin = "manage_threads" if destination.kind is Kind.FORUM else "pin_messages"
    if destination.pin and not getattr(rights, pin):
        yield f"the bot may not pin. Allow “{names[pin]}” in the channel's settings, or set `pin: false`."
    if destination.role is not None:
        yield from _role_problems(destination.role, view.channel.guild, rights)
    if isinstance(view.channel, discord.ForumChannel):
        yield from _tag_problems(destination, view.channel)
    if isinstance(view.channel, discord.Thread) and view.channel.locked and not rights.manage_threads:
        yield "the thread is locked. Unlock it, or give the bot “Manage Threads”."


def _role_problems(role_id: str, guild: discord.Guild, rights: discord.Permissions) -> Iterator[str]:
    role = guild.get_role(int(role_id))
    if role is None:
        yield f"the server has no role {role_id}. Correct `role` in config.yaml."
    elif not (role.mentionable or rights.mention_everyone):
        yield f"the role {role.name} can't be mentioned. Allow anyone to mention it in the role's settings."


def _tag_problems(destination: Destination, forum: discord.ForumChannel) -> Iterator[str]:
    try:
        tag_ids(forum, destination, ())
    except ChatClosed as wrong:
        yield str(wrong)

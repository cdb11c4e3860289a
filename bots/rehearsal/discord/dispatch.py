"""Events as one session hears of them: what its intents and the bot's rights let through, in JSON (discord.md 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bots.rehearsal.discord import shapes, threads
from bots.rehearsal.discord.desk import Desk, is_thread
from bots.rehearsal.discord.events import (
    BulkDeletion,
    ChannelEvent,
    Event,
    GuildEvent,
    InteractionEvent,
    MemberEvent,
    MessageEvent,
    ReactionEvent,
    RoleEvent,
)
from bots.rehearsal.discord.intents import Intent
from bots.rehearsal.discord.interaction_shapes import interaction_json
from bots.rehearsal.discord.model import Channel, Guild, Permission
from bots.rehearsal.discord.reactions import emoji_json

Told = tuple[str, dict[str, Any]]
"""The name of a dispatch and its data."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What a session may hear, and the address under which it fetches attachments."""

    intents: Intent
    origin: str


def told(desk: Desk, event: Event, ear: Ear) -> Told | None:
    """What the session is told of an event, None for nothing."""
    match event:
        case MessageEvent():
            return _message(desk, event, ear)
        case BulkDeletion():
            return _bulk(desk, event, ear)
        case ReactionEvent():
            return _reaction(desk, event, ear)
        case ChannelEvent():
            return _channel(desk, event, ear)
        case InteractionEvent():
            return "INTERACTION_CREATE", interaction_json(desk, event.done, ear.origin)  # no intent is asked for
        case GuildEvent() | RoleEvent() | MemberEvent():
            return _guild(desk, event, ear)


def guild_create(desk: Desk, guild: Guild, ear: Ear) -> dict[str, Any]:
    """A guild as a session gets to know it: its channels, active threads, roles and members that may be seen."""
    state = desk.state
    channels = [each for each in state.channels.values() if each.guild == guild.id and not is_thread(each)]
    seen = [each for each in channels if Permission.VIEW_CHANNEL in each.permissions]
    everyone = [user for user in state.users.values() if not user.bot or user == state.bot]
    members = everyone if Intent.GUILD_MEMBERS in ear.intents else [state.bot]
    return shapes.guild_json(guild) | {
        "joined_at": "2020-01-01T00:00:00+00:00",
        "large": False,
        "unavailable": False,
        "member_count": len(everyone),
        "channels": [desk.channel_json(each) for each in seen],
        "threads": [_thread_json(desk, each) for each in threads.active(state, guild.id)],
        "members": [desk.member_json(guild.id, each) for each in members],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def _message(desk: Desk, event: MessageEvent, ear: Ear) -> Told | None:
    message = event.message
    channel = _heard(desk, message.channel, ear, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)
    if channel is None:
        return None
    if event.change == "DELETE":
        return "MESSAGE_DELETE", {"id": str(message.id), **_place(channel)}
    reads = desk.state.message_content and Intent.MESSAGE_CONTENT in ear.intents
    shown = desk.message_shown(message, ear.origin, reads=reads) | _place(channel)
    if channel.guild and not message.webhook:
        member = desk.member_json(channel.guild, message.author)
        shown["member"] = {name: value for name, value in member.items() if name != "user"}
    return f"MESSAGE_{event.change}", shown


def _bulk(desk: Desk, event: BulkDeletion, ear: Ear) -> Told | None:
    channel = _heard(desk, event.channel, ear, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)
    if channel is None:
        return None
    return "MESSAGE_DELETE_BULK", {"ids": [str(each) for each in event.messages], **_place(channel)}


def _reaction(desk: Desk, event: ReactionEvent, ear: Ear) -> Told | None:
    message = event.message
    wanted = Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS
    channel = _heard(desk, message.channel, ear, *wanted)
    if channel is None:
        return None
    shown: dict[str, Any] = {"message_id": str(message.id), **_place(channel)}
    if event.emoji is not None:
        shown["emoji"] = emoji_json(event.emoji)
    if event.change in ("ADD", "REMOVE"):
        shown |= {"user_id": str(event.user), "burst": event.burst, "type": int(event.burst)}
    if event.change == "ADD":
        shown["message_author_id"] = str(message.author.id)
        shown |= {"burst_colors": ["#ffcc4d"]} if event.burst else {}
        shown |= {"member": desk.member_json(channel.guild, desk.state.users[event.user])} if channel.guild else {}
    return f"MESSAGE_REACTION_{event.change}", shown


def _channel(desk: Desk, event: ChannelEvent, ear: Ear) -> Told | None:
    channel = event.channel
    # Of a new conversation bots hear nothing until something is said in it.
    if channel.reader is not None or Intent.GUILDS not in ear.intents or not _visible(desk, channel):
        return None
    if channel.thread is None:
        return f"CHANNEL_{event.change}", desk.channel_json(channel)
    if event.change == "DELETE":
        gone = {"id": channel.id, "guild_id": channel.guild, "parent_id": channel.thread.parent}
        return "THREAD_DELETE", {name: str(number) for name, number in gone.items()} | {"type": int(channel.type)}
    shown = _thread_json(desk, channel) if event.change == "CREATE" else desk.channel_json(channel)
    return f"THREAD_{event.change}", shown | ({"newly_created": True} if event.change == "CREATE" else {})


def _guild(desk: Desk, event: GuildEvent | RoleEvent | MemberEvent, ear: Ear) -> Told | None:
    if isinstance(event, MemberEvent):
        # Of itself a bot hears without the intent.
        if Intent.GUILD_MEMBERS not in ear.intents and event.user != desk.state.bot.id:
            return None
        member = desk.member_json(event.guild, desk.state.users[event.user])
        return "GUILD_MEMBER_UPDATE", {"guild_id": str(event.guild), **member}
    if Intent.GUILDS not in ear.intents:
        return None
    if isinstance(event, GuildEvent):
        here = event.change == "CREATE"
        return f"GUILD_{event.change}", guild_create(desk, event.guild, ear) if here else {"id": str(event.guild.id)}
    place = [role.id for role in desk.state.guilds[event.guild].roles].index(event.role.id) + 1
    role = shapes.role_json(event.role, event.role.permissions, place)
    return "GUILD_ROLE_CREATE", {"guild_id": str(event.guild), "role": role}


def _heard(desk: Desk, number: int, ear: Ear, among_many: Intent, in_private: Intent) -> Channel | None:
    """The channel, if the session wants to hear of it and the bot may look into it."""
    channel = desk.state.channel(number)
    if channel is None or (in_private if channel.reader else among_many) not in ear.intents:
        return None
    return channel if _visible(desk, channel) else None


def _visible(desk: Desk, channel: Channel) -> bool:
    parent = desk.state.channels.get(channel.thread.parent) if channel.thread else channel
    return parent is not None and Permission.VIEW_CHANNEL in parent.permissions


def _place(channel: Channel) -> dict[str, str]:
    """Where something happened; in private there is no guild."""
    return {"channel_id": str(channel.id)} | ({"guild_id": str(channel.guild)} if channel.guild else {})


def _thread_json(desk: Desk, channel: Channel) -> dict[str, Any]:
    """A thread with the bot's membership, if the bot started it."""
    shown = desk.channel_json(channel)
    if channel.thread and channel.thread.owner == desk.state.bot.id:
        shown["member"] = shapes.member_of_thread_json(channel, channel.thread)
    return shown

"""Discord's JSON: the state's values as the API writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bots.rehearsal.discord.model import (
    POSTED,
    Attachment,
    Channel,
    ChannelFlag,
    Follower,
    Guild,
    Message,
    Permission,
    Role,
    Tag,
    Thread,
    User,
)

MESSAGE_CONTENT = 1 << 19
"""Application flag of a small bot's intent; that of a reviewed one is the bit before."""
SERVER_MEMBERS = 1 << 15
"""The same for the members' intent."""


def user_json(user: User) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None,
        "discriminator": "0000" if user.bot else "0",
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
    }


def application_json(bot: User, *, content: bool = False, members: bool = False) -> dict[str, Any]:
    """`content`: it may read what others write, `members`: see who is there (discord.md 5.1)."""
    return {
        "id": str(bot.id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": user_json(bot) | {"bot": False},
        "flags": (MESSAGE_CONTENT if content else 0) | (SERVER_MEMBERS if members else 0),
        "team": None,
    }


def role_json(role: Role, permissions: Permission, position: int) -> dict[str, Any]:
    return {
        "id": str(role.id),
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "permissions": str(int(permissions)),
        "managed": False,
        "mentionable": role.mentionable,
        "flags": 0,
    }


def roles_json(guild: Guild) -> list[dict[str, Any]]:
    """@everyone has no rights of its own here: what the bot may do is written in each channel."""
    everyone = Role(guild.id, "@everyone")
    return [role_json(role, role.permissions, place) for place, role in enumerate((everyone, *guild.roles))]


def guild_json(guild: Guild) -> dict[str, Any]:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(guild.owner.id),
        "features": [],
        "roles": roles_json(guild),
        "emojis": [],
        "stickers": [],
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": "en-US",
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
    }


def partial_guild_json(guild: Guild) -> dict[str, Any]:
    """An entry of the bot's list of guilds."""
    shown = {"id": str(guild.id), "name": guild.name, "icon": None, "owner": False}
    return shown | {"permissions": "0", "features": []}


def member_json(user: User, roles: Iterable[Role] = ()) -> dict[str, Any]:
    return {
        "user": user_json(user),
        "nick": None,
        "avatar": None,
        "roles": [str(role.id) for role in roles],
        "joined_at": "2020-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def channel_json(channel: Channel, bot: User, last: int | None) -> dict[str, Any]:
    """A channel that is no thread.

    The overwrite for the bot spells its rights out, so that a client that computes them gets the same answer.
    """
    every = Permission(sum(Permission))
    overwrite = {
        "id": str(bot.id),
        "type": 1,
        "allow": str(int(channel.permissions)),
        "deny": str(int(every & ~channel.permissions)),
    }
    shown = {
        "id": str(channel.id),
        "type": int(channel.type),
        "guild_id": str(channel.guild),
        "name": channel.name,
        "topic": channel.topic or None,
        "position": 0,
        "nsfw": False,
        "parent_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [overwrite],
        "last_message_id": str(last) if last else None,
        "flags": int(ChannelFlag.REQUIRE_TAG) if channel.require_tag else 0,
    }
    return shown | ({"available_tags": [_tag_json(tag) for tag in channel.tags]} if channel.type in POSTED else {})


def conversation_json(channel: Channel, reader: User, last: int | None) -> dict[str, Any]:
    """A channel between the bot and one person."""
    return {
        "id": str(channel.id),
        "type": int(channel.type),
        "last_message_id": str(last) if last else None,
        "flags": 0,
        "recipients": [user_json(reader)],
    }


def _tag_json(tag: Tag) -> dict[str, Any]:
    return {"id": str(tag.id), "name": tag.name, "moderated": False, "emoji_id": None, "emoji_name": None}


def thread_json(channel: Channel, thread: Thread, last: int | None, counts: tuple[int, int]) -> dict[str, Any]:
    """A thread; `counts` are the messages in it now, and all that ever were, both without the first."""
    shown: dict[str, Any] = {
        "id": str(channel.id),
        "type": int(channel.type),
        "guild_id": str(channel.guild),
        "parent_id": str(thread.parent),
        "owner_id": str(thread.owner),
        "name": channel.name,
        "last_message_id": str(last) if last else None,
        "rate_limit_per_user": 0,
        "message_count": counts[0],
        "total_message_sent": counts[1],
        "member_count": 1,
        "flags": int(ChannelFlag.PINNED) if thread.pinned else 0,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.minutes,
            "archive_timestamp": thread.turned.isoformat(),
            "locked": thread.locked,
            "create_timestamp": thread.started.isoformat(),
        },
    }
    return shown | ({"applied_tags": [str(tag) for tag in thread.tags]} if thread.tags else {})


def member_of_thread_json(channel: Channel, thread: Thread) -> dict[str, Any]:
    """The bot as a member of a thread it started."""
    joined = thread.started.isoformat()
    return {"id": str(channel.id), "user_id": str(thread.owner), "join_timestamp": joined, "flags": 1}


def follower_json(follower: Follower) -> dict[str, Any]:
    return {"channel_id": str(follower.source), "webhook_id": str(follower.webhook.id)}


def attachment_json(attachment: Attachment, channel: int, url: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.content),
        "url": url,
        "proxy_url": url,
        "content_type": attachment.content_type,
    }
    if attachment.description:
        shown["description"] = attachment.description
    if attachment.size:
        shown["width"], shown["height"] = attachment.size
    return shown


def message_json(message: Message, users: Sequence[User], urls: Mapping[int, str]) -> dict[str, Any]:
    """`users` are those mentioned; `urls` maps attachment ids to where they can be fetched."""
    shown: dict[str, Any] = {
        "id": str(message.id),
        "channel_id": str(message.channel),
        "type": int(message.type),
        "author": user_json(message.author),
        "content": message.content,
        "timestamp": message.sent.isoformat(),
        "edited_timestamp": message.edited.isoformat() if message.edited else None,
        "tts": False,
        "mention_everyone": message.mentioned.everyone,
        "mentions": [user_json(user) for user in users],
        "mention_roles": [str(role) for role in sorted(message.mentioned.roles)],
        "attachments": [attachment_json(each, message.channel, urls[each.id]) for each in message.attachments],
        "embeds": [dict(embed) for embed in message.embeds],
        "components": [dict(component) for component in message.components],
        "pinned": message.pinned is not None,
        "flags": int(message.flags),
    }
    if message.webhook:
        shown["webhook_id"] = str(message.webhook)
    return shown | _reference(message)


def _reference(message: Message) -> dict[str, Any]:
    if message.origin:
        origin = message.origin
        place = {"guild_id": origin.guild, "channel_id": origin.channel, "message_id": origin.message}
    elif message.reply_to:
        place = {"channel_id": message.channel, "message_id": message.reply_to}
    else:
        return {}
    return {"message_reference": {"type": 0} | {name: str(number) for name, number in place.items()}}

"""Discord's JSON: the state's values as the API writes them, a request as it came in, an answer as it goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bots.rehearsal.discord.model import Attachment, Channel, Guild, Message, Permission, Role, User

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a multipart request; `key` is the n of `files[n]`."""

    key: int
    filename: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A request, decoded."""

    method: str
    path: str
    """Beneath /api/v10, with its leading slash and without the query."""
    token: str = ""
    """The Authorization header as sent."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    """The JSON body, or `payload_json` of a multipart request."""
    files: tuple[FilePart, ...] = ()
    size: int = 0
    """Bytes of the whole request body."""
    origin: str = "http://127.0.0.1"
    """Scheme, host and port under which attachments can be fetched."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any = None
    """JSON-able; None for an empty 204."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The server says no: an HTTP status, Discord's own code and message, and for 50035 the tree of field errors."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    def body(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"message": self.message, "code": self.code}
        return shown | {"errors": self.errors} if self.errors else shown


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


def application_json(bot: User) -> dict[str, Any]:
    return {
        "id": str(bot.id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": user_json(bot) | {"bot": False},
        "flags": 0,
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
    return [role_json(role, Permission(0), place) for place, role in enumerate((everyone, *guild.roles))]


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


def member_json(user: User) -> dict[str, Any]:
    return {
        "user": user_json(user),
        "nick": None,
        "avatar": None,
        "roles": [],
        "joined_at": "2020-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def channel_json(channel: Channel, bot: User, last: int | None) -> dict[str, Any]:
    """The overwrite for the bot spells its rights out, so that a client that computes them gets the same answer."""
    every = Permission(sum(Permission))
    overwrite = {
        "id": str(bot.id),
        "type": 1,
        "allow": str(int(channel.permissions)),
        "deny": str(int(every & ~channel.permissions)),
    }
    return {
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
        "flags": 0,
    }


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
        "type": 19 if message.reply_to else 0,
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
        "pinned": False,
        "flags": int(message.flags),
    }
    if message.reply_to:
        place = {"channel_id": str(message.channel), "message_id": str(message.reply_to)}
        shown["message_reference"] = {"type": 0, **place}
    return shown

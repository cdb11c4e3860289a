"""INTERACTION_CREATE: what somebody did, with all the bot needs to know to answer (discord.md 6, 9.4)."""

from __future__ import annotations

from typing import Any

from bots.rehearsal.discord import members, shapes
from bots.rehearsal.discord.desk import Desk
from bots.rehearsal.discord.interactions import Interaction
from bots.rehearsal.discord.validation import FILE_BYTES


def interaction_json(desk: Desk, done: Interaction, origin: str) -> dict[str, Any]:
    """An interaction; the message of a component comes with all its words, whatever the intents."""
    private = done.channel.reader is not None
    shown: dict[str, Any] = {
        "id": str(done.id),
        "application_id": str(desk.state.bot.id),
        "type": int(done.kind),
        "token": done.token,
        "version": 1,
        "data": dict(done.data),
        "channel_id": str(done.channel.id),
        "channel": desk.channel_json(done.channel),
        "app_permissions": str(int(desk.state.rights(done.channel.id))),
        "locale": done.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(done.channel.guild)},
        "context": 1 if private else 0,
        "attachment_size_limit": FILE_BYTES,
    }
    if done.message is not None:
        shown["message"] = desk.message_shown(done.message, origin, reads=True)
    return shown | ({"user": shapes.user_json(done.user)} if private else _in_guild(desk, done))


def _in_guild(desk: Desk, done: Interaction) -> dict[str, Any]:
    guild = done.channel.guild
    rights = members.permissions(desk.state, guild, done.user.id)
    return {
        "guild_id": str(guild),
        "guild": {"id": str(guild), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "member": desk.member_json(guild, done.user) | {"permissions": str(int(rights))},
    }

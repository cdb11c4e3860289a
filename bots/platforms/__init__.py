"""The platforms there are. A third one is one folder and one line here.

The classes are named, not imported: who publishes to Telegram only never needs discord.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bots.model import Kind


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a platform's parts are, each as "module:Class"."""

    renderer: str
    sender: str
    finder: str
    """For `weektech connect`."""
    examiner: str
    """For `weektech doctor`."""
    listener: str
    """For `weektech run`."""
    pushed: str
    """The listener for updates that the platform pushes; empty where it can't."""
    read: str
    """What an update means, see `bots.platforms.listening.Read`."""
    kind: Kind
    """The plain public kind of chat, for rendering without a configuration."""
    own: Kind
    """The kind of chat an author has alone with the bot, for `weektech test`."""


PLATFORMS: Mapping[str, Platform] = {
    "telegram": Platform(
        renderer="bots.platforms.telegram.render:TelegramRenderer",
        sender="bots.platforms.telegram.send:TelegramSender",
        finder="bots.platforms.telegram.finding:TelegramFinder",
        examiner="bots.platforms.telegram.examining:TelegramExaminer",
        listener="bots.platforms.telegram.listen:TelegramListener",
        pushed="bots.platforms.telegram.webhook:TelegramWebhook",
        read="bots.platforms.telegram.updates:read",
        kind=Kind.CHANNEL,
        own=Kind.PRIVATE,
    ),
    "discord": Platform(
        renderer="bots.platforms.discord.render:DiscordRenderer",
        sender="bots.platforms.discord.send:DiscordSender",
        finder="bots.platforms.discord.finding:DiscordFinder",
        examiner="bots.platforms.discord.examining:DiscordExaminer",
        listener="bots.platforms.discord.listen:DiscordListener",
        pushed="",
        read="bots.platforms.discord.events:read",
        kind=Kind.TEXT,
        own=Kind.TEXT,
    ),
}


def load(place: str) -> Any:
    """The class that "module:Class" names; raises ImportError if its library is not installed."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)

"""discord.py's client as a pair of ears: it keeps the gateway's connection, and reads nothing of what comes.

The raw events are taken before the library sees them, and of those it sees only two: an event that it can't read would
end the connection (discord.md 7.3), and whatever it remembers of servers and messages is of no use here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import discord

from bots.clock import Clock
from bots.errors import SendError, TokenRejected, TryLater
from bots.platforms.discord.events import KINDS
from bots.platforms.discord.places import TOLD

SILENCE = 300.0
"""Seconds after which a gateway that says nothing, not even to a heartbeat, is given up: the library may be trying for
ever to resume at an address that is gone (discord.md 7.3)."""
_READ = ("READY", "RESUMED")
_WRONG_TOKEN = 4004

log = logging.getLogger("weektech")

Hear = Callable[[str, object, str, object], None]
"""Session, number in it, name, data."""


class Ears(discord.Client):
    """One connection. `hear` is told of events worth keeping, of `READY`, a session without a past, and of places."""

    def __init__(self, intents: discord.Intents, proxy: str | None, clock: Clock, hear: Hear) -> None:
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            enable_debug_events=True,
            proxy=proxy,
        )
        parsers = self._connection.parsers
        self._connection.parsers = {name: parsers[name] for name in _READ}
        self._ticking, self._hear = clock, hear
        self._last = clock.monotonic()
        self._session = ""

    @property
    def silent(self) -> float:
        """Seconds for which nothing at all has come."""
        return self._ticking.monotonic() - self._last

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Everything the gateway says passes here before the library reads it."""
        if event == "socket_raw_receive":
            self._last = self._ticking.monotonic()
            self._take(args[0])
        else:
            super().dispatch(event, *args, **kwargs)

    def _take(self, raw: str | bytes) -> None:
        try:
            frame = json.loads(raw)
            name, data, number = frame.get("t"), frame.get("d"), frame.get("s")
            if name == "READY":
                self._session = str(data["session_id"])
        except (ValueError, AttributeError, KeyError, TypeError):
            return  # no event at all: the library finds that out by itself, and ends the connection
        if name == "READY" or name in KINDS or name in TOLD:
            self._hear(self._session, number, name, data)


def ended(error: BaseException | None) -> SendError:
    """Why a connection is over, in our own words."""
    refused = isinstance(error, discord.ConnectionClosed) and error.code == _WRONG_TOKEN
    if refused or isinstance(error, discord.LoginFailure):
        return TokenRejected(
            "Discord does not know the bot's token.", remedy="Set DISCORD_BOT_TOKEN to the token of the bot."
        )
    code = str(error.code) if isinstance(error, discord.ConnectionClosed) else type(error).__name__
    return TryLater("The connection to Discord's gateway ended.", code=code)


def silent() -> SendError:
    return TryLater("Discord's gateway says nothing any more.", code="silent")

"""discord.py without a gateway: the one place that logs in and that knows which server is meant."""

from __future__ import annotations

import discord
from discord.http import Route

from bots.platforms.discord import wire
from bots.platforms.discord.calls import harmlessly

LONGEST_WAIT = 30.0
"""Seconds of a rate window that a call sleeps out; a longer one is handed back as TryLater."""


class RestClient:
    """discord.py's client, logged in without a gateway; `base_url` is the root of another server.

    discord.py knows one server for the whole process: only `open` sets another, and `close` sets again what was there.
    """

    def __init__(self, token: str, base_url: str | None = None, proxy: str | None = None) -> None:
        self._token = token
        self._base = base_url.rstrip("/") + "/api/v10" if base_url else None
        self._usual_base = Route.BASE
        self.client = discord.Client(
            intents=discord.Intents(guilds=True),  # asks for nothing without a gateway, and keeps the log quiet
            max_messages=None,
            max_ratelimit_timeout=LONGEST_WAIT,
            proxy=proxy,
            http_trace=wire.tracer(),
        )

    @property
    def root(self) -> str:
        """Address of the API."""
        return self._base or self._usual_base

    async def open(self) -> None:
        """Log in; raises TokenRejected or TryLater."""
        if self._base:
            Route.BASE = self._base
        try:
            await harmlessly(lambda: self.client.login(self._token))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self.client.close()
        if self._base:
            Route.BASE = self._usual_base

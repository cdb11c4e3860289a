"""What a Discord bot lacks beside the permissions to publish: readers' words, a right clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import discord

from bots.model import Destination
from bots.platforms import skew
from bots.platforms.discord.client import RestClient
from bots.platforms.setup import Finding, Level


class DiscordExaminer:
    """Looks at the bot's application. `base_url` and `proxy` as for the sender."""

    def __init__(
        self, token: str, base_url: str | None = None, proxy: str | None = None, clock: skew.Now = skew.now
    ) -> None:
        self._looking = RestClient(token, base_url, proxy)
        self._proxy, self._clock = proxy, clock

    async def open(self) -> None:
        """Log in; raises TokenRejected or TryLater."""
        await self._looking.open()

    async def close(self) -> None:
        await self._looking.close()

    async def account(self) -> Sequence[Finding]:
        """The bot, its intents, the clock."""
        client = self._looking.client
        ahead = await skew.ahead(f"{self._looking.root}/gateway", self._proxy, self._clock)
        return (*about_application(client.user, client.application), skew.finding(ahead))

    async def chat(self, destination: Destination) -> Sequence[Finding]:
        """Nothing: every permission that matters in a channel matters for publishing, and `check` looks at those."""
        return ()


def about_application(user: discord.ClientUser | None, application: discord.AppInfo | None) -> Iterator[Finding]:
    """The bot and what Discord lets it read (discord.md 5.1)."""
    yield Finding(Level.FINE, f"{user.name if user else 'the bot'}, and the token is good")
    flags = application.flags if application else discord.ApplicationFlags()
    if not (flags.gateway_message_content or flags.gateway_message_content_limited):
        yield Finding(
            Level.NOTE,
            "Message Content Intent is off",
            "replies that don't mention the bot arrive empty: comments in threads can't be collected",
            "Switch it on in the Developer Portal: your application, Bot, Privileged Gateway Intents.",
        )

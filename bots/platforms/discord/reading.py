"""Reading channels, threads and their history, page by page and not too fast, as Discord's plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import discord

from bots.clock import Clock
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.forum import archived_since

PAGE = 100
MOST_PAGES = 50
"""Pages of one channel's history that are read at the most, the newest."""
PACE = 0.2
"""Seconds between two pages: reading must not take the sends' share of 50 calls a second (discord.md 7.1)."""

Json = Mapping[str, Any]


class Reading:
    """Everything raises NotSent."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client, self._clock = client, clock

    async def history(self, channel: str, after: int) -> tuple[Sequence[Json], int]:
        """Messages above an id, oldest first, and the id above which these are all there are."""
        found: list[Json] = []
        before: int | None = None
        for _ in range(MOST_PAGES):
            page = await self._paced(partial(self._client.http.logs_from, int(channel), PAGE, before=before))
            found += page
            before = int(page[-1]["id"]) if page else None
            if before is None or before <= after or len(page) < PAGE:
                return [each for each in reversed(found) if int(each["id"]) > after], after
        return list(reversed(found)), (before or 1) - 1

    async def message(self, channel: str, number: str) -> Json:
        found: Json = await self._paced(partial(self._client.http.get_message, int(channel), int(number)))
        return found

    async def channel(self, channel: str) -> Json:
        found: Json = await self._paced(partial(self._client.http.get_channel, int(channel)))
        return found

    async def active_threads(self, guild: str) -> Sequence[Json]:
        found = await self._paced(partial(self._client.http.get_active_threads, int(guild)))
        return list(found["threads"])

    async def archived_threads(self, channel: str, since: datetime) -> Sequence[Json]:
        """Those put away since then, at most a few hundred."""
        found, _ = await archived_since(self._client, int(channel), since)
        return found

    async def _paced(self, call: Any) -> Any:
        found = await harmlessly(call)
        await self._clock.sleep(PACE)
        return found

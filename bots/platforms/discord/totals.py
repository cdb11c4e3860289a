"""Reactions as they are: what the gateway says of one reaction only tells that it is time to ask (discord.md 5.2, 5.3).

A message is asked about a little after its first news, once for all that came meanwhile, and never two at once. What
was not asked yet when a process ends is asked when the next one catches up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from bots.clock import Clock
from bots.errors import NotSent, TryLater
from bots.ledger import Update
from bots.platforms.discord.events import tally

REST = 5.0
"""Seconds from the first news of a message until it is asked about."""
PACE = 0.5
"""Seconds between two questions: a poll that goes round must not take the sends' share of 50 calls a second."""
RETRY = 30.0
"""Seconds until a question that failed is asked again, unless Discord names a longer time."""
_STRANGE = 1000
"""Messages of others that are remembered, so as not to ask about them again."""

Place = tuple[str, str]
"""Channel and message."""
Fetch = Callable[[str, str], Awaitable[Mapping[str, Any]]]


class Totals:
    """Asks for the totals of the bot's own messages. `fetch` raises NotSent, `put` takes what was found."""

    def __init__(self, fetch: Fetch, is_ours: Callable[[Mapping[str, Any]], bool], clock: Clock) -> None:
        self._fetch, self._is_ours, self._clock = fetch, is_ours, clock
        self._due: dict[Place, float] = {}
        self._strange: dict[Place, None] = {}
        self._news = asyncio.Event()

    def stir(self, place: Place) -> None:
        """The reactions to a message changed."""
        if place not in self._strange:
            self._due.setdefault(place, self._clock.monotonic() + REST)
            self._news.set()

    async def run(self, put: Callable[[Update], None]) -> None:
        """Ask for ever."""
        while True:
            while not self._due:
                self._news.clear()
                await self._news.wait()
            place = min(self._due, key=lambda each: self._due[each])
            await self._clock.sleep(self._due[place] - self._clock.monotonic())
            del self._due[place]  # before the question: what comes during it is news
            await self._ask(place, put)
            await self._clock.sleep(PACE)

    async def _ask(self, place: Place, put: Callable[[Update], None]) -> None:
        try:
            message = await self._fetch(*place)
        except TryLater as later:
            self._due.setdefault(place, self._clock.monotonic() + max(RETRY, later.after))
        except NotSent:
            pass  # it is gone, or can't be seen any more: so are its reactions
        else:
            self._tell(place, message, put)

    def _tell(self, place: Place, message: Mapping[str, Any], put: Callable[[Update], None]) -> None:
        try:
            ours = self._is_ours(message)
        except (KeyError, TypeError):  # no message: one strange answer must not end the asking
            ours = False
        if ours:
            put(tally(message, moment(self._clock.now())))
            return
        self._strange[place] = None
        for old in list(self._strange)[: max(0, len(self._strange) - _STRANGE)]:
            del self._strange[old]


def moment(now: datetime) -> str:
    """As it stands in the key of a tally."""
    return now.isoformat()

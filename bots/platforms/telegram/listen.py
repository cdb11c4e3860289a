"""Listening to Telegram: getUpdates by ourselves, because the library's own loop confirms what it has only in memory.

The updates are taken as the server's plain JSON: one that the library can't read would hold up all that come after it
(telegram.md 4.3).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import partial
from typing import Any

from bots.errors import NotSent, TryLater
from bots.platforms.listening import Batch
from bots.platforms.telegram.client import bot, harmlessly
from bots.platforms.telegram.updates import KINDS, stored

PATIENCE = 25
"""Seconds a call for updates may wait on the server, below the time that an answer may take."""
_AT_ONCE = 100
_METHOD = "getupdates"
"""Telegram does not mind the case, and the library does not know the name: it would read the updates for us."""


class TelegramListener:
    """Long polling for one bot. `base_url` and `proxy` as for the sender."""

    def __init__(
        self, token: str, base_url: str | None = None, proxy: str | None = None, *, patience: int = PATIENCE
    ) -> None:
        self._patience = patience
        # A connection of its own: a poll that waits must not stand in a send's way.
        self._bot = bot(token, base_url, proxy, answer_within=patience + 15)

    async def open(self) -> None:
        """Connect and see that the token is good; raises TokenRejected or TryLater."""
        await harmlessly(self._bot.initialize)
        if (await harmlessly(self._bot.get_webhook_info)).url:
            raise TryLater(
                "A webhook is set for the bot, so it can't be asked for updates.",
                remedy="Take it away with the Bot API's deleteWebhook.",
            )

    async def close(self) -> None:
        await self._bot.shutdown()

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Updates from `cursor` on, which is an offset: asking with it confirms all before it (telegram.md 4.3)."""
        while True:
            asked: dict[str, Any] = {
                "timeout": self._patience,
                "limit": _AT_ONCE,
                "allowed_updates": list(KINDS),
                **({"offset": int(cursor)} if cursor else {}),
            }
            raw = await harmlessly(partial(self._bot.do_api_request, _METHOD, api_kwargs=asked))
            if raw:
                cursor = str(max(one["update_id"] for one in raw) + 1)
                yield Batch(tuple(stored(one) for one in raw), cursor)

    async def acknowledge(self, ref: str, words: str) -> None:
        """Show `words` over the chat for a moment; a press from long ago can't be answered any more."""
        with suppress(NotSent):
            await harmlessly(partial(self._bot.answer_callback_query, ref, words[:200]))

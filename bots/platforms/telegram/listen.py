"""Listening to Telegram: getUpdates by ourselves, because the library's own loop confirms what it has only in memory.

The updates are taken as the server's plain JSON: one that the library can't read would hold up all that come after it
(telegram.md 4.3).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

from bots.errors import TryLater
from bots.platforms.listening import Batch
from bots.platforms.telegram.answering import Answering
from bots.platforms.telegram.client import bot, harmlessly
from bots.platforms.telegram.updates import KINDS, stored

PATIENCE = 25
"""Seconds a call for updates may wait on the server, below the time that an answer may take."""
_AT_ONCE = 100
_METHOD = "getupdates"
"""Telegram does not mind the case, and the library does not know the name: it would read the updates for us."""


class TelegramListener(Answering):
    """Long polling for one bot. `base_url` and `proxy` as for the sender; `author` is the author's own chat."""

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        *,
        author: str | None = None,
        patience: int = PATIENCE,
    ) -> None:
        self._patience = patience
        # A connection of its own: a poll that waits must not stand in a send's way.
        super().__init__(bot(token, base_url, proxy, answer_within=patience + 15), author)

    async def open(self) -> None:
        """Connect and see that the token is good; raises TokenRejected or TryLater."""
        await harmlessly(self._bot.initialize)

    async def close(self) -> None:
        await self._bot.shutdown()

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Updates that nobody confirmed yet, the oldest first; none is lost, some come twice and are stored once.

        Asking with an offset confirms all before it, so it is given right after a batch and never kept: after a week of
        silence the numbers begin anew, anywhere, and an old offset would throw away what is new (telegram.md 4.3).
        Raises TryLater while something else takes the updates: another poller, or a webhook that was left behind.
        """
        confirmed: dict[str, int] = {}
        while True:
            asked: dict[str, Any] = {
                "timeout": self._patience,
                "limit": _AT_ONCE,
                "allowed_updates": list(KINDS),
                **confirmed,
            }
            raw = await harmlessly(partial(self._bot.do_api_request, _METHOD, api_kwargs=asked))
            known = [one for one in raw if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
            if raw and not known:
                raise TryLater("Telegram's updates have no numbers, so none can be confirmed.", code="no number")
            confirmed = {"offset": max(one["update_id"] for one in known) + 1} if known else {}
            if known:
                yield Batch(tuple(stored(one, self.own) for one in known))

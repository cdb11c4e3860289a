"""Listening to Telegram by a webhook: each update is pushed, and is Telegram's to keep until we say that it is stored.

Telegram pushes an update again until it gets a 200 (telegram.md 4.3). So the 200 comes after the commit, and what was
stored before a crash kept us from saying so comes twice and is kept once.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from bots.errors import TryLater
from bots.ledger import Update
from bots.platforms.hooks import Hook
from bots.platforms.listening import Batch
from bots.platforms.telegram.answering import Answering
from bots.platforms.telegram.client import bot, harmlessly
from bots.platforms.telegram.updates import KINDS, stored

HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST = 1 << 20
"""Bytes of one update: Telegram's own are half of it at the most (telegram.md 4.3)."""
PATIENCE = 40.0
"""Seconds within which an update must arrive whole and be stored; Telegram asks again after a minute or so."""
_AT_ONCE = 100


@dataclass(eq=False, slots=True)
class _Waiting:
    """An update whose sender waits to hear that it is stored."""

    update: Update
    stored: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class TelegramWebhook(Answering):
    """Takes the updates of one bot over HTTP. `base_url` and `proxy` as for the sender; `hook` has a secret."""

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        *,
        hook: Hook,
        author: str | None = None,
    ) -> None:
        super().__init__(bot(token, base_url, proxy), author)
        self._hook, self._secret = hook, hook.secret or ""
        if not self._secret:
            raise ValueError("a webhook without a secret believes everybody")
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()

    async def open(self) -> None:
        """Connect and see that the token is good; raises TokenRejected or TryLater."""
        await harmlessly(self._bot.initialize)

    async def close(self) -> None:
        """The webhook stays: Telegram keeps what comes meanwhile, and pushes it to whoever listens next."""
        await self._bot.shutdown()

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """What is pushed; there is no place to go on from. Raises SendError.

        Whoever is woken up to listen sets the webhook anew: another process may have set its own meanwhile.
        """
        self._queue = asyncio.Queue()
        async with self._served():
            await self._set()
            while True:
                taken = [await self._queue.get()]
                while not self._queue.empty() and len(taken) < _AT_ONCE:
                    taken.append(self._queue.get_nowait())
                try:
                    yield Batch(tuple(one.update for one in taken))
                except BaseException:
                    _settle(taken, kept=False)
                    raise
                _settle(taken, kept=True)

    async def _set(self) -> None:
        asked: dict[str, Any] = {"url": self._hook.url, "secret_token": self._secret, "allowed_updates": list(KINDS)}
        await harmlessly(partial(self._bot.set_webhook, **asked))

    @asynccontextmanager
    async def _served(self) -> AsyncIterator[None]:
        """Answer at the port. Raises TryLater where that is taken."""
        app = web.Application(client_max_size=LARGEST)
        app.router.add_post(self._hook.path, self._pushed)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await self._start(runner)
            yield
        finally:
            _settle([self._queue.get_nowait() for _ in range(self._queue.qsize())], kept=False)
            await runner.cleanup()

    async def _start(self, runner: web.AppRunner) -> None:
        # Whoever stands in between and takes the encryption away is on another machine as a rule.
        host = "127.0.0.1" if self._hook.local else None
        try:
            await web.TCPSite(runner, host, self._hook.port).start()
        except OSError as error:
            why = f"Port {self._hook.port} can't be listened on: {error.strerror or type(error).__name__}."
            raise TryLater(why, code="port", remedy="Set telegram.webhook.port to a free one.") from None

    async def _pushed(self, request: web.Request) -> web.Response:
        """One update: 200 when it is stored, anything else keeps it with Telegram."""
        shown = request.headers.get(HEADER, "")
        if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._secret.encode()):
            raise web.HTTPUnauthorized
        try:
            async with asyncio.timeout(PATIENCE):
                waiting = _Waiting(stored(_read(await request.read()), self.own))
                self._queue.put_nowait(waiting)
                await waiting.stored
        except (TimeoutError, _NotKept):
            raise web.HTTPServiceUnavailable from None
        return web.Response()


class _NotKept(Exception):
    """It could not be stored."""


def _settle(waiting: list[_Waiting], *, kept: bool) -> None:
    """Tell the senders; one that has gone away hears nothing."""
    for one in waiting:
        if one.stored.done():
            continue
        if kept:
            one.stored.set_result(None)
        else:
            one.stored.set_exception(_NotKept())


def _read(body: bytes) -> dict[str, Any]:
    """An update as Telegram writes it; anything else is refused."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("update_id"), int):
        raise web.HTTPBadRequest
    return found

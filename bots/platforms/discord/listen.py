"""Listening to Discord: discord.py keeps the gateway, and what it says is stored as it came.

The raw event is taken before the library reads it: an event it can't read may end the connection, but is not lost.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.clock import Clock, SystemClock
from bots.errors import NotSent, SendError, TokenRejected, TryLater
from bots.ledger import Update
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.client import RestClient
from bots.platforms.discord.events import KINDS, stored
from bots.platforms.listening import Batch

SILENCE = 300.0
"""Seconds after which a gateway that says nothing, not even to a heartbeat, is given up: the library may be trying for
ever to resume at an address that is gone (discord.md 7.3)."""
_EPHEMERAL = 1 << 6
_ANSWER, _HEARD = 4, 6
"""Kinds of answer to a press: a message for that person alone, or nothing to be seen."""


class DiscordListener:
    """One gateway connection for one bot. `base_url` and `proxy` as for the sender; Discord needs no `author`."""

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        *,
        author: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._token, self._base, self._proxy = token, base_url, proxy
        self._rest = RestClient(token, base_url, proxy)
        self._clock = clock or SystemClock()

    async def open(self) -> None:
        """Log in; raises TokenRejected or TryLater."""
        await self._rest.open()
        if self._base:  # the library knows one gateway for the whole process, as it knows one server
            found = await harmlessly(lambda: self._rest.client.http.request(Route("GET", "/gateway")))
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(found["url"])

    async def close(self) -> None:
        await self._rest.close()

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Events as they come. Discord keeps no place to go on from: what was missed is looked up elsewhere."""
        ears = _Ears(self._intents(), self._proxy, self._clock)
        connection = asyncio.create_task(ears.start(self._token))
        try:
            while True:
                yield Batch(await self._heard(ears, connection))
        finally:
            await ears.close()
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)

    async def acknowledge(self, ref: str, words: str) -> None:
        """Answer within three seconds, for that person's eyes alone; later Discord knows nothing of it (10062)."""
        number, _, token = ref.partition("/")
        route = Route(
            "POST", "/interactions/{webhook_id}/{webhook_token}/callback", webhook_id=int(number), webhook_token=token
        )
        said = {"content": words, "flags": _EPHEMERAL, "allowed_mentions": {"parse": []}}
        answer: dict[str, Any] = {"type": _ANSWER, "data": said} if words else {"type": _HEARD}
        with suppress(NotSent):
            await harmlessly(lambda: self._rest.client.http.request(route, json=answer))

    def _intents(self) -> discord.Intents:
        """Readers' words are asked for only where the portal allows it: else Discord ends the connection (4014)."""
        flags = self._rest.client.application_flags
        content = flags.gateway_message_content or flags.gateway_message_content_limited
        return discord.Intents(
            guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, message_content=content
        )

    async def _heard(self, ears: _Ears, connection: asyncio.Task[None]) -> tuple[Update, ...]:
        """Everything that has come, at least one thing. Raises SendError when the connection is over."""
        while ears.queue.empty():
            waiting = asyncio.ensure_future(ears.queue.get())
            pause = asyncio.ensure_future(self._clock.sleep(SILENCE / 10))
            done, _ = await asyncio.wait({waiting, pause, connection}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            if waiting in done:
                ears.queue.put_nowait(waiting.result())
            else:
                waiting.cancel()
                _check(connection, self._clock.monotonic() - ears.last)
        return tuple(ears.queue.get_nowait() for _ in range(ears.queue.qsize()))


class _Ears(discord.Client):
    """discord.py's client, which keeps the connection alive; nothing is read from its memory."""

    def __init__(self, intents: discord.Intents, proxy: str | None, clock: Clock) -> None:
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            enable_debug_events=True,
            proxy=proxy,
        )
        self.queue: asyncio.Queue[Update] = asyncio.Queue()
        self._ticking = clock
        self.last = clock.monotonic()
        """When the gateway last said anything."""
        self._session = ""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Everything the gateway says passes here before the library reads it."""
        if event == "socket_raw_receive":
            self.last = self._ticking.monotonic()
            self._take(args[0])
        else:
            super().dispatch(event, *args, **kwargs)

    def _take(self, raw: str | bytes) -> None:
        said = json.loads(raw)
        name, data = said.get("t"), said.get("d")
        if name == "READY":
            self._session = str(data["session_id"])
        if name in KINDS and isinstance(data, dict) and not self._is_own(name, data):
            self.queue.put_nowait(stored(self._session, int(said["s"]), name, data))

    def _is_own(self, name: str, data: dict[str, Any]) -> bool:
        """True for the bot's own messages: it knows those."""
        author = data.get("author")
        mine = isinstance(author, dict) and self.user is not None and str(author.get("id")) == str(self.user.id)
        return name == "MESSAGE_CREATE" and mine


def _check(connection: asyncio.Task[None], silent: float) -> None:
    if silent > SILENCE:
        raise TryLater("Discord's gateway says nothing any more.", code="silent")
    if not connection.done():
        return
    error = None if connection.cancelled() else connection.exception()
    if isinstance(error, discord.LoginFailure):
        raise _refused()
    raise TryLater("The connection to Discord's gateway ended.", code=type(error).__name__)


def _refused() -> SendError:
    return TokenRejected(
        "Discord does not know the bot's token.", remedy="Set DISCORD_BOT_TOKEN to the token of the bot."
    )

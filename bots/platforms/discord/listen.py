"""Listening to Discord: discord.py keeps the gateway, and what it says is stored as it came.

What a gateway can't tell is asked for: the totals of reactions (`totals`), and what happened before a session began
(`missed`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.clock import Clock, SystemClock
from bots.errors import ChatClosed
from bots.events import Asked, Press, Stirred
from bots.ledger import Update
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.chats import Chats
from bots.platforms.discord.client import RestClient
from bots.platforms.discord.ears import SILENCE, Ears, ended, silent
from bots.platforms.discord.events import CHANGED, DONE, REACTIONS, SAID, is_worthless, message_number, read, stored
from bots.platforms.discord.menu import commands, told
from bots.platforms.discord.missed import Missed
from bots.platforms.discord.places import TOLD, Places
from bots.platforms.discord.reading import Reading
from bots.platforms.discord.replies import Replies
from bots.platforms.discord.roles import toggled
from bots.platforms.discord.totals import Totals, moment
from bots.platforms.listening import Batch, Enclosed, Known, MenuEntry, Offer

log = logging.getLogger("weektech")


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
        self._replies, self._chats = Replies(self._rest, self._clock), Chats(self._rest.client)
        self._reading = Reading(self._rest.client, self._clock)
        self._totals = Totals(self._reading.message, self._is_ours, self._clock)
        self._places = Places()
        self._heard: asyncio.Queue[Update | None] = asyncio.Queue()
        """What came; None where a session began."""
        self._newest, self._gaps, self._caught_up = 0, 0, 0
        """Highest id of a message that is stored; sessions begun; the last of them for which nothing is missing."""
        self._usual_gateway = DiscordWebSocket.DEFAULT_GATEWAY

    async def open(self) -> None:
        """Log in; raises TokenRejected or TryLater."""
        await self._rest.open()
        if self._base:  # the library knows one gateway for the whole process, as it knows one server
            found = await harmlessly(lambda: self._rest.client.http.request(Route("GET", "/gateway")))
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(found["url"])

    async def close(self) -> None:
        await self._replies.close()
        await self._rest.close()
        DiscordWebSocket.DEFAULT_GATEWAY = self._usual_gateway

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Events as they come. A session begins with a gap; its cursor moves once that is closed."""
        self._newest = int(cursor or 0)
        flags = self._rest.client.application_flags
        # Readers' words are asked for only where the portal allows it: else Discord ends the connection (4014).
        content = flags.gateway_message_content or flags.gateway_message_content_limited
        while True:
            try:
                async with aclosing(self._session(content=content)) as batches:
                    async for batch in batches:
                        yield batch
            except discord.PrivilegedIntentsRequired:
                log.warning("Discord: switch on the Message Content Intent in the developer portal to read comments.")
                content = False

    async def catch_up(self, known: Known) -> AsyncGenerator[Batch, None]:
        """What the history says of the time before the session, and where that ended."""
        gap = self._gaps
        self._places.settle([*known.chats, known.author])
        me = str(self._rest.client.user.id if self._rest.client.user else "")
        missed = Missed(self._reading, known, me, moment(self._clock.now()))
        async with aclosing(missed.updates()) as batches:
            async for batch in batches:
                yield batch
        self._caught_up, self._newest = gap, max(self._newest, missed.newest)
        yield Batch((), self._cursor(self._newest))

    async def acknowledge(self, ref: str, words: str) -> None:
        await self._replies.acknowledge(ref, words)

    async def answer(self, to: Asked | Press, messages: Sequence[Enclosed], *, private: bool = True) -> None:
        await self._replies.answer(to.ref, messages, private=private)

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None:
        await self._replies.complete(ref, choices)

    async def offer(self, ref: str, found: Sequence[Offer]) -> None:
        """Nobody looks for anything in this way on Discord."""

    async def role(self, press: Press, role_id: str) -> bool:
        """Give or take a role of the server in which the button was pressed."""
        guild = await self._chats.guild(press.chat)
        if guild is None:
            raise ChatClosed("Roles are given in a server, not in private.")
        return await toggled(self._rest.client.http, guild, press.by.id, role_id)

    async def menu(self, menu: Sequence[MenuEntry]) -> None:
        """Replace the bot's commands, if there are others: Discord counts new ones (discord.md 6)."""
        path, application = "/applications/{application_id}/commands", self._rest.client.application_id
        route, http = partial(Route, path=path, application_id=application), self._rest.client.http
        wanted = commands(menu)
        asked = partial(http.request, route("GET"), params={"with_localizations": "true"})
        if not told(await harmlessly(asked), wanted):
            await harmlessly(partial(http.request, route("PUT"), json=wanted))

    async def _session(self, *, content: bool) -> AsyncGenerator[Batch, None]:
        """One connection, with the asking for totals beside it. Raises SendError, or discord's own for 4014."""
        intents = discord.Intents(
            guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, message_content=content
        )
        ears = Ears(intents, self._proxy, self._clock, self._hear)
        connection = asyncio.create_task(ears.start(self._token))
        asking = asyncio.create_task(self._totals.run(self._heard.put_nowait))
        try:
            while True:
                came = await self._next(ears, connection)
                updates = tuple(one for one in came if one is not None)
                newest = max(self._newest, *(message_number(one) for one in updates), 0)
                try:
                    yield Batch(updates, self._cursor(newest), gap=None in came)
                except GeneratorExit:  # perhaps they were not stored: whoever listens next gets them once more
                    for one in updates:
                        self._heard.put_nowait(one)
                    raise
                self._newest = newest  # stored, now that more is asked for
        finally:
            await ears.close()
            for task in (connection, asking):
                task.cancel()
            await asyncio.gather(connection, asking, return_exceptions=True)

    async def _next(self, ears: Ears, connection: asyncio.Task[None]) -> tuple[Update | None, ...]:
        """Everything that has come, at least one thing."""
        while self._heard.empty():
            waiting = asyncio.ensure_future(self._heard.get())
            pause = asyncio.ensure_future(self._clock.sleep(SILENCE / 10))
            done, _ = await asyncio.wait({waiting, pause, connection}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            if waiting in done:
                return (waiting.result(), *self._rest_of_it())
            waiting.cancel()
            if ears.silent > SILENCE:
                raise silent()
            if connection.done():
                error = None if connection.cancelled() else connection.exception()
                raise error if isinstance(error, discord.PrivilegedIntentsRequired) else ended(error)
        return self._rest_of_it()

    def _rest_of_it(self) -> tuple[Update | None, ...]:
        return tuple(self._heard.get_nowait() for _ in range(self._heard.qsize()))

    def _hear(self, session: str, number: object, name: str, data: object) -> None:
        """Sort what came: to be kept, to be asked about, or nobody's business."""
        if name == "READY":
            self._gaps += 1
            self._heard.put_nowait(None)
            return
        update = stored(session, number, name, data)
        try:
            if name in TOLD:
                self._places.learn(name, update.payload)
                return
            if name != DONE and not self._places.concerns_us(update.payload):
                return
            if name in REACTIONS:
                self._stirred(update)
                return
            if is_worthless(update):
                return
            if name in (SAID, CHANGED):
                update = replace(update, payload=self._places.placed(update.payload))
            if name == DONE:
                self._replies.heard(update.payload)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.warning("Discord sent a %s that is not as it should be", name)
            if name in TOLD:
                return
        self._heard.put_nowait(update)

    def _stirred(self, update: Update) -> None:
        """Have the totals asked for, unless the message is known to be another's."""
        author = update.payload.get("message_author_id")
        for event in read(update):
            if isinstance(event, Stirred) and (author is None or self._is_mine(author)):
                self._totals.stir((event.chat, event.message_id))

    def _is_ours(self, message: Mapping[str, Any]) -> bool:
        return self._is_mine(message["author"]["id"])

    def _is_mine(self, author: object) -> bool:
        return self._rest.client.user is not None and str(author) == str(self._rest.client.user.id)

    def _cursor(self, newest: int) -> str | None:
        """Where everything was heard up to; None while something may be missing."""
        return str(newest) if newest and self._caught_up == self._gaps else None

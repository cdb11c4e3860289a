"""The thin half of Discord: planned bodies go out through discord.py's REST client, without a gateway.

Every send carries the attempt's own nonce, so that a repeated one returns the first message instead of a second
(discord.md 3.3). No timeout cancels a call: one that succeeded may still sleep until its rate window ends
(discord.md 7.2).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar

import discord
from discord.abc import GuildChannel, PrivateChannel
from discord.http import Route

from bots.errors import ChatClosed, Gone, InDoubt, NotSent, SendError
from bots.model import Destination, Message, Receipt
from bots.platforms.base import Attempt, Verdict
from bots.platforms.discord import wire
from bots.platforms.discord.edits import attachments, create_body, edit_body
from bots.platforms.discord.errors import classify
from bots.platforms.discord.rights import problems
from bots.platforms.inflight import InFlight, harmless

T = TypeVar("T")

MOST_READ = 500
"""Messages of history that settling reads before it gives up."""
_SKEW = timedelta(minutes=2)
"""How far this machine's clock may be ahead of Discord's, which message ids are made from."""


class DiscordSender:
    """Sends to Discord channels with one bot.

    `base_url` is the root of another server, such as "http://127.0.0.1:8082". `patience` is how many seconds a send may
    take: discord.py repeats a call for 25 s after server errors and waits out rate windows of `longest_wait` seconds.
    """

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        *,
        patience: float = 60.0,
        longest_wait: float = 30.0,
    ) -> None:
        self._token = token
        self._base = base_url.rstrip("/") + "/api/v10" if base_url else None
        self._usual_base = Route.BASE
        self._client = discord.Client(
            intents=discord.Intents(guilds=True),  # asks for nothing without a gateway, and keeps the log quiet
            max_messages=None,
            max_ratelimit_timeout=longest_wait,
            proxy=proxy,
            http_trace=wire.tracer(),
        )
        self._calls = InFlight(patience)
        self._guilds: dict[str, int | None] = {}

    async def open(self) -> None:
        """Log in, which opens no gateway; raises TokenRejected or TryLater.

        discord.py knows one server for the whole process. This is the only place that sets another, and `close` sets
        the usual one again.
        """
        if self._base:
            Route.BASE = self._base
        try:
            await _harmlessly(lambda: self._client.login(self._token))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Wait a little for sends that were given up, then let go of the connections."""
        await self._calls.close()
        await self._client.close()
        if self._base:
            Route.BASE = self._usual_base

    async def send(
        self, destination: Destination, message: Message, files: Mapping[str, bytes], attempt: Attempt
    ) -> Receipt:
        """Deliver once. A second call under the same nonce joins the first while that one has no answer."""
        guild = await self._guild(destination)  # before the send: its failure must not hide a success
        body = create_body(message, attempt.nonce)
        create = partial(self._client.http.send_message, int(destination.chat))
        return await self._calls.run(attempt.nonce, partial(self._post, destination, guild, create, body, files))

    async def edit(
        self, destination: Destination, ids: Sequence[str], old: Message, new: Message, files: Mapping[str, bytes]
    ) -> Receipt:
        """Edit in place; Discord takes an edit without change. Repeating it is harmless: a lost answer is TryLater."""
        guild = await self._guild(destination)
        body = edit_body(old, new)
        change = partial(self._client.http.edit_message, int(destination.chat), int(ids[0]))
        key = f"edit {ids[0]} {json.dumps(body, sort_keys=True)}"
        post = partial(self._post, destination, guild, change, body, files)
        return await _harmlessly(lambda: self._calls.run(key, post))

    async def delete(self, destination: Destination, ids: Sequence[str]) -> None:
        """Take messages back; what is gone already is as wanted."""
        for message_id in ids:
            call = partial(self._client.http.delete_message, int(destination.chat), int(message_id))
            with suppress(Gone):
                await _harmlessly(call)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        """Look for the attempt's message in the channel's history.

        None means that it is not there. While Discord still remembers the nonce (a few minutes) a late first copy would
        be merged with the next send, which carries the same nonce; after that history itself is the proof.
        Raises InDoubt when the history can't be read in full.
        """
        late = self._calls.late(attempt.nonce)
        if isinstance(late, Receipt):
            return late
        if isinstance(late, NotSent):
            return None
        try:
            found = await self._found(destination, message, attempt)
        except NotSent as why:
            # It says that reading failed, and must not be taken for news of the send.
            found, late = None, InDoubt(f"The channel's history can't be read. {why}", code=why.code)
        if found is None and late is not None:
            raise late  # not there, but the call may still go on
        return found

    async def check(self, destination: Destination) -> Verdict:
        """What is missing for posting to the channel: the kind of channel, the bot's permissions, the role."""
        try:
            channel, member = await self._look(destination)
        except ChatClosed as closed:
            return Verdict(False, "", (str(closed),))
        found = problems(destination, channel, member)
        return Verdict(not found, f"{channel.guild.name} #{channel.name}", found)

    async def _post(
        self,
        destination: Destination,
        guild: int | None,
        call: Callable[..., Awaitable[object]],
        body: Mapping[str, object],
        files: Mapping[str, bytes],
    ) -> Receipt:
        with wire.parameters(body, files) as params:
            answer = await _translated(lambda: _message_id(call(params=params)))
        return Receipt((answer,), _url(guild, destination.chat, answer))

    async def _guild(self, destination: Destination) -> int | None:
        """The server a channel belongs to, which every link names; None for direct messages. Asked once a channel."""
        chat = destination.chat
        if chat not in self._guilds:
            channel = await _harmlessly(lambda: self._client.fetch_channel(int(chat)))
            self._guilds[chat] = None if isinstance(channel, PrivateChannel) else channel.guild.id
        return self._guilds[chat]

    async def _look(self, destination: Destination) -> tuple[GuildChannel, discord.Member]:
        guild_id = await self._guild(destination)
        if guild_id is None or self._client.user is None:
            raise ChatClosed("This is not a server's channel.", remedy="Choose a text channel.")
        me = self._client.user.id
        guild = await _harmlessly(lambda: self._client.fetch_guild(guild_id, with_counts=False))
        channel = await _harmlessly(lambda: guild.fetch_channel(int(destination.chat)))
        member = await _harmlessly(lambda: guild.fetch_member(me))
        if not isinstance(channel, GuildChannel):
            raise ChatClosed("This is a thread.", remedy="Choose a text channel.")
        return channel, member

    async def _found(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        channel, member = await self._look(destination)
        if not channel.permissions_for(member).read_message_history:
            # Discord shows an empty history then, instead of refusing.
            raise ChatClosed("A permission is missing.", code="no history", remedy="Give it Read Message History.")
        history = await _harmlessly(lambda: self._history(destination, attempt))
        names = [each["filename"] for each in attachments(message)]
        words = message.body.get("content") or ""
        for posted in history:
            if posted.author == member and wire.same(posted, attempt.nonce, words, names):
                return Receipt((str(posted.id),), _url(channel.guild.id, destination.chat, str(posted.id)))
        if len(history) == MOST_READ:
            raise InDoubt("Too much was written in the channel since.", remedy="Look for the message by hand.")
        return None

    async def _history(self, destination: Destination, attempt: Attempt) -> list[discord.Message]:
        """What was written since the attempt, oldest first, at most MOST_READ; others' messages without their text."""
        known = int(attempt.after or 0)
        after = discord.Object(max(known, discord.utils.time_snowflake(attempt.since - _SKEW)))
        channel = self._client.get_partial_messageable(int(destination.chat))
        return [posted async for posted in channel.history(limit=MOST_READ, after=after, oldest_first=True)]


def _url(guild: int | None, channel: str, message_id: str) -> str | None:
    return f"https://discord.com/channels/{guild}/{channel}/{message_id}" if guild else None


async def _message_id(call: Awaitable[object]) -> str:
    return wire.message_id(await call)


async def _translated(call: Callable[[], Awaitable[T]]) -> T:
    """Await `call`, raising our own errors in place of the library's."""
    statuses = wire.watch()
    try:
        return await call()
    except Exception as error:
        failure = error if isinstance(error, SendError) else classify(error, statuses)
    raise failure


async def _harmlessly(call: Callable[[], Awaitable[T]]) -> T:
    """The same for calls that can be repeated without doubling anything: a lost answer is TryLater."""
    try:
        return await _translated(call)
    except InDoubt as doubt:
        failure = harmless(doubt)
    raise failure

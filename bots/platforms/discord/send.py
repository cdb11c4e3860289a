"""The thin half of Discord: planned bodies go out through discord.py's REST client, without a gateway.

Every message carries the attempt's own nonce, so that a repeated one returns the first instead of a second
(discord.md 3.3); a forum's post can't, so its creation is never repeated without a look at the forum. No timeout
cancels a call: one that succeeded may still sleep until its rate window ends (discord.md 7.2).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bots.clock import Clock, SystemClock
from bots.errors import ChatClosed, Gone, InDoubt, NotSent, Rejected, SendError, TryLater
from bots.model import Destination, Kind, Message, Receipt
from bots.platforms.base import EARLY, Attempt, Files, Place, Verdict
from bots.platforms.discord import wire
from bots.platforms.discord.calls import harmlessly, translated
from bots.platforms.discord.chats import Chats
from bots.platforms.discord.client import RestClient
from bots.platforms.discord.edits import FORUM_POST, create_body, edit_body, inner
from bots.platforms.discord.errors import UNKNOWN_CHANNEL, number
from bots.platforms.discord.evidence import find, find_post
from bots.platforms.discord.finishing import finish
from bots.platforms.discord.forum import post_body, tag_ids
from bots.platforms.discord.naming import named_after
from bots.platforms.discord.rights import problems
from bots.platforms.discord.threads import Threads, home
from bots.platforms.inflight import InFlight

LATENESS = timedelta(seconds=10)
"""How long after an attempt what it sent may still appear."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a message goes."""

    guild: int | None
    channel: str | None = None
    """None for a new post, which becomes a channel of its own."""

    def receipt(self, message_id: str) -> Receipt:
        place = f"{self.guild}/{self.channel or message_id}/{message_id}"
        return Receipt((message_id,), f"https://discord.com/channels/{place}" if self.guild else None)


class DiscordSender:
    """Sends to Discord channels with one bot.

    `base_url` is the root of another server, such as "http://127.0.0.1:8082". `patience` is how many seconds a send may
    take: discord.py repeats a call for 25 s after server errors and waits out rate windows of `client.LONGEST_WAIT`.
    """

    def __init__(  # noqa: PLR0913 - what may be set, by keyword, each with a default
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        *,
        author: str | None = None,
        patience: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        # `author` serves platforms without a history; here the channel itself tells what was sent.
        self._rest = RestClient(token, base_url, proxy)
        self._client = self._rest.client
        self._calls = InFlight(patience)
        self._chats, self._threads = Chats(self._client), Threads(self._client)
        self._clock = clock or SystemClock()

    async def open(self) -> None:
        """Log in, which opens no gateway; raises TokenRejected or TryLater."""
        await self._rest.open()

    async def close(self) -> None:
        """Wait a little for sends that were given up, then let go of the connections."""
        await self._calls.close()
        await self._rest.close()

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        """Deliver once. A second call under the same nonce joins the first while that one has no answer."""
        guild = await self._chats.guild(destination.chat)  # before the send: its failure must not hide a success
        http = self._client.http
        if message.method == FORUM_POST:
            tags = tag_ids(await self._chats.forum(destination), destination, message.body.get("applied_tags", ()))
            body = post_body(message, tags)
            create = partial(http.start_thread_in_forum, int(destination.chat))
            post = partial(self._post, _Spot(guild), create, body, files, once=True)
        else:
            channel = await self._threads.target(destination, message, attempt)
            body = create_body(message, attempt.nonce, attempt.answers)
            post = partial(self._post, _Spot(guild, channel), partial(http.send_message, int(channel)), body, files)
        try:
            return await self._calls.run(attempt.nonce, post)
        except ChatClosed as closed:
            if attempt.within is None or number(closed) != UNKNOWN_CHANNEL:
                raise
            code = closed.code
        # Discord opens no second thread for the same message (160004).
        raise ChatClosed("The issue's thread was deleted.", code=code, remedy="Nothing more can be published in it.")

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        """Edit in place; Discord takes an edit without change. Repeating it is harmless: a lost answer is TryLater."""
        guild = await self._chats.guild(destination.chat)
        channel, message_id = home(destination, place), place.ids[0]
        body = edit_body(old, new)
        change = partial(self._client.http.edit_message, int(channel), int(message_id))
        key = f"edit {message_id} {json.dumps(body, sort_keys=True)}"
        post = partial(self._post, _Spot(guild, channel), change, body, files)
        run = partial(harmlessly, lambda: self._calls.run(key, post))
        receipt = await self._threads.awake(destination, channel, run)
        await self._rename(destination, message_id, old, new)
        return receipt

    async def delete(self, destination: Destination, place: Place) -> None:
        """Take messages back; what is gone already is as wanted. A thread stays: readers' words are in it."""
        channel = home(destination, place)
        for message_id in place.ids:
            call = partial(self._client.http.delete_message, int(channel), int(message_id))
            with suppress(Gone):
                await self._threads.awake(destination, channel, partial(harmlessly, call))

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        """Publish to followers, pin: whatever `message.after` names. What is done already is a success.

        All of it is tried before the first failure is raised: a missing right to pin keeps nothing from followers.
        """
        failures: list[SendError] = []
        for action in message.after:
            deed = partial(finish, self._client, action, destination, place)
            try:
                await self._threads.awake(destination, home(destination, place), deed)
            except NotSent as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        """Look for the attempt's message in the history of the channel or thread, its post in the forum.

        None means that it is not there. While Discord still remembers the nonce (a few minutes) a late first copy would
        be merged with the next send, which carries the same nonce; after that history itself is the proof. But the next
        send may be held up for longer than that, and a post has no nonce: while the first may still be late, TryLater.
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
        if found is None:
            self._wait_for_late(attempt)
        return found

    async def names(self, destination: Destination) -> frozenset[str]:
        """A channel has its id and no other lasting name."""
        return frozenset({destination.chat})

    async def recognise(self, destination: Destination, place: Place, urls: Sequence[str | None]) -> bool:
        """Read the messages where they should be, and see that the bot wrote them."""
        channel = home(destination, place)
        for message_id in place.ids:
            call = partial(self._client.http.get_message, int(channel), int(message_id))
            posted = await harmlessly(call)
            if self._client.user is None or int(posted["author"]["id"]) != self._client.user.id:
                raise Rejected(f"Message {message_id} is not the bot's own.", code="not ours", remedy="Name another.")
        return True

    async def check(self, destination: Destination) -> Verdict:
        """What is missing for posting to the channel: its kind, the bot's permissions, the role, the tags."""
        try:
            view = await self._chats.view(destination)
        except ChatClosed as closed:
            return Verdict(False, "", (str(closed),))
        found = problems(destination, view)
        return Verdict(not found, f"{view.channel.guild.name} #{view.channel.name}", found)

    async def _post(
        self,
        spot: _Spot,
        call: Callable[..., Awaitable[object]],
        body: Mapping[str, object],
        files: Files,
        *,
        once: bool = False,
    ) -> Receipt:
        with wire.parameters(body, files) as params:
            answer = await translated(lambda: _message_id(call(params=params)), once=once)
        return spot.receipt(answer)

    async def _rename(self, destination: Destination, head: str, old: Message, new: Message) -> None:
        """A corrected title is the name of the post or the thread as well."""
        if destination.kind is Kind.FORUM and new.method == FORUM_POST:
            fields: dict[str, object] = {}
            if old.body["name"] != new.body["name"]:
                fields["name"] = new.body["name"]
            if (wanted := new.body.get("applied_tags", ())) != old.body.get("applied_tags", ()):
                fields["applied_tags"] = tag_ids(await self._chats.forum(destination), destination, wanted)
        elif destination.kind is Kind.ANNOUNCEMENT and not new.inside:
            before, after = (named_after(str(inner(each).get("content") or "")) for each in (old, new))
            fields = {"name": after} if before != after and await self._threads.exists(head) else {}
        else:
            return
        if fields:
            await self._threads.change(head, {**fields, "archived": False})

    async def _found(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        view = await self._chats.view(destination)
        guild = view.channel.guild.id
        if message.method == FORUM_POST:
            post = await find_post(self._client, view, await self._chats.forum(destination), message, attempt)
            return _Spot(guild).receipt(post) if post else None
        channel = attempt.within or destination.chat
        try:
            found = await find(self._client, view, destination, message, attempt)
        except ChatClosed as closed:
            # The channel is there, its thread is not: nothing was ever sent into it.
            if attempt.within is None or number(closed) != UNKNOWN_CHANNEL:
                raise
            return None
        return _Spot(guild, channel).receipt(found) if found else None

    def _wait_for_late(self, attempt: Attempt) -> None:
        left = LATENESS - (self._clock.now() - attempt.since)
        if left > timedelta(0):
            raise TryLater("The message may still be on its way.", code=EARLY, after=left.total_seconds())


async def _message_id(call: Awaitable[object]) -> str:
    return wire.message_id(await call)

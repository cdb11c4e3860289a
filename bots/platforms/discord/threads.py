"""The thread of an announcement, and threads that Discord has put away (discord.md 3.4 and 4.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeVar

import discord

from bots.errors import ChatClosed, Gone, NotSent
from bots.model import Destination, Kind, Message
from bots.platforms.base import Attempt, Place
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.errors import MISSING_PERMISSION, UNKNOWN_CHANNEL, number
from bots.platforms.discord.naming import named_after

T = TypeVar("T")

WEEK: Literal[10080] = 10080
"""Minutes without a message until a thread leaves the channel's list: the longest there is."""
_ARCHIVED, _THREAD_EXISTS, _LOCKED = 50083, 160004, 160005


def home(destination: Destination, place: Place) -> str:
    """Id of the channel or thread in which a message is. A forum has none of its own: its posts are threads."""
    if place.within is not None:
        return place.within
    return place.ids[0] if destination.kind is Kind.FORUM else destination.chat


class Threads:
    """Opens the threads that messages go into, and wakes those that were put away."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._open: set[str] = set()

    async def target(self, destination: Destination, message: Message, attempt: Attempt) -> str:
        """Where the message goes: the chat, or the thread of the issue's first message, opened on first use."""
        if not message.inside and attempt.within is None:
            return destination.chat
        if attempt.within is None:
            raise ChatClosed("The issue's first message is not out there, so it has no thread.")
        if destination.kind is Kind.ANNOUNCEMENT and attempt.within not in self._open:
            await self._opened(destination.chat, attempt.within)
            self._open.add(attempt.within)
        return attempt.within

    async def exists(self, thread: str) -> bool:
        try:
            await harmlessly(lambda: self._client.http.get_channel(int(thread)))
        except ChatClosed as closed:
            if number(closed) != UNKNOWN_CHANNEL:
                raise
            return False
        return True

    async def awake(self, destination: Destination, channel: str, call: Callable[[], Awaitable[T]]) -> T:
        """Await `call` on a message in `channel`; a thread that was put away is taken out first, as Discord asks.

        Raises Gone when the thread was deleted, with everything in it.
        """
        try:
            return await call()
        except ChatClosed as closed:
            if number(closed) == _ARCHIVED:
                gone = None
            elif number(closed) == UNKNOWN_CHANNEL and channel != destination.chat:
                gone = Gone("The thread it was in does not exist any more.", code=closed.code)
            else:
                raise
        if gone is not None:
            raise gone
        await self.change(channel, {"archived": False})
        return await call()

    async def change(self, thread: str, fields: Mapping[str, Any]) -> None:
        """Change a thread's own fields."""
        try:
            await harmlessly(lambda: self._client.http.edit_channel(int(thread), **fields))
        except NotSent as refused:
            if number(refused) not in (MISSING_PERMISSION, _LOCKED):
                raise
            failure = ChatClosed(
                "The thread is archived and locked, or someone else's.",
                code=refused.code,
                remedy="Unlock it, or give the bot Manage Threads.",
            )
        else:
            return
        raise failure

    async def _opened(self, chat: str, head: str) -> None:
        """Open the thread of a message; the thread has the message's id."""
        if await self.exists(head):
            return
        try:
            posted = await harmlessly(lambda: self._client.http.get_message(int(chat), int(head)))
            name = named_after(posted["content"])
            await harmlessly(
                lambda: self._client.http.start_thread_with_message(
                    int(chat), int(head), name=name, auto_archive_duration=WEEK
                )
            )
        except Gone as gone:
            failure = ChatClosed(
                "The issue's first message was deleted, so its thread can't be opened.", code=gone.code
            )
        except NotSent as refused:
            if number(refused) != _THREAD_EXISTS:
                raise
            return
        else:
            return
        raise failure

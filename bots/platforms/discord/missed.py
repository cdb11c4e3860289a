"""After a gap: what still exists is compared with what is known, and the difference becomes ordinary updates.

A new session begins without a past (discord.md 5.3). New words are in the history, changed ones carry a time, deleted
ones are missing there, and every message has its reactions as they are. Each channel and thread is read once.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import discord

from bots.errors import ChatClosed, Gone, NotSent, Rejected
from bots.ledger import Update
from bots.platforms.discord.errors import UNKNOWN_CHANNEL, number
from bots.platforms.discord.events import counts, gone, spoken_again, tally
from bots.platforms.discord.reading import Reading
from bots.platforms.discord.sayings import is_noise
from bots.platforms.discord.threads import home
from bots.platforms.listening import Batch, Known

LEEWAY = timedelta(minutes=1)
"""How much before the newest message that was heard others may have been sent that were not: they come side by side."""
AT_ONCE = 100
_WITH_THREADS, _WITHOUT_MESSAGES = frozenset({0, 5, 15, 16}), frozenset({15, 16})
"""Types of channel: text, announcement, forum, media."""

log = logging.getLogger("weektech")

Json = Mapping[str, Any]


@dataclass(slots=True)
class _Spot:
    """What is known of one channel or thread."""

    ours: set[str] = field(default_factory=set)
    remarks: dict[str, datetime | None] = field(default_factory=dict)

    def oldest(self) -> int | None:
        """The first id that has to be looked at again."""
        return min((int(each) for each in (*self.ours, *self.remarks)), default=None)


class Missed:
    """One look at everything. `me` is the bot's own id."""

    def __init__(self, reading: Reading, known: Known, me: str, now: str) -> None:
        self._reading, self._known, self._me, self._now = reading, known, me, now
        self._since = discord.utils.time_snowflake(known.since)
        self.newest = int(known.cursor or 0)
        """Highest id of a message that was met."""
        heard = discord.utils.time_snowflake(discord.utils.snowflake_time(self.newest) - LEEWAY) if self.newest else 0
        self._heard = max(heard, self._since)
        """Everything up to here was heard when it happened."""
        self._spots: defaultdict[str, _Spot] = defaultdict(_Spot)

    async def updates(self) -> AsyncGenerator[Batch, None]:
        """Batches without a cursor. A place that can't be read is left out; raises TryLater, TokenRejected."""
        self._sort()
        for channel in list(self._spots):
            async for batch in self._batches(channel):
                yield batch
        for channel in await self._threads():
            async for batch in self._batches(channel):
                yield batch

    def _sort(self) -> None:
        """By channel and thread: those of the column, those our messages are in, those readers are known to be in."""
        author = [self._known.author] if self._known.author and self._known.cursor else []
        self._spots.update({chat: _Spot() for chat in (*self._known.chats, *author)})
        for destination, place in self._known.ours:
            self._spots[home(destination, place)].ours.update(place.ids)
        for (chat, message), changed in self._known.remarks.items():
            self._spots[chat].remarks[message] = changed

    async def _threads(self) -> Sequence[str]:
        """Threads of ours with anything new in them, beside those that are looked at anyway."""
        mine = {each for spot in self._spots.values() for each in spot.ours}
        found: dict[str, None] = {}
        for thread in await self._all_threads():
            name, parent = str(thread["id"]), str(thread.get("parent_id"))
            ours = parent in self._known.chats and (str(thread.get("owner_id")) == self._me or name in mine)
            if ours and name not in self._spots and int(thread.get("last_message_id") or 0) > self._heard:
                found[name] = None
        return list(found)

    async def _all_threads(self) -> Sequence[Json]:
        found: list[Json] = []
        guilds: set[str] = set()
        for chat in self._known.chats:
            try:
                about = await self._reading.channel(chat)
                guild = str(about.get("guild_id") or "")
                if guild and guild not in guilds:
                    guilds.add(guild)
                    found += await self._reading.active_threads(guild)
                if about.get("type") in _WITH_THREADS:
                    since = discord.utils.snowflake_time(self._heard)
                    found += await self._reading.archived_threads(chat, since)
            except (ChatClosed, Gone, Rejected) as refused:
                _left_out(chat, refused)
        return found

    async def _batches(self, channel: str) -> AsyncGenerator[Batch, None]:
        updates = await self._looked_at(channel)
        for start in range(0, len(updates), AT_ONCE):
            yield Batch(tuple(updates[start : start + AT_ONCE]))

    async def _looked_at(self, channel: str) -> Sequence[Update]:
        spot = self._spots[channel]
        try:
            about = await self._reading.channel(channel)
            if about.get("type") in _WITHOUT_MESSAGES:
                return ()
            start = max(self._since, min(self._heard, (spot.oldest() or self._heard) - 1))
            messages, start = await self._reading.history(channel, start)
            if start > self._heard:
                log.warning(
                    "Discord channel %s: more was written than can be read again; the oldest is left out", channel
                )
            there = {str(each["id"]) for each in messages}
            absent = [one for one in spot.remarks if int(one) > start and one not in there]
            if absent and not await self._can_tell(channel, absent[0]):
                absent = []
        except (ChatClosed, Gone, Rejected) as refused:
            if number(refused) == UNKNOWN_CHANNEL:  # deleted, with everything in it
                return [gone(None, channel, one) for one in spot.remarks]
            _left_out(channel, refused)
            return ()
        place = {"guild_id": about.get("guild_id"), "channel_type": about.get("type")}
        news = [update for each in messages for update in self._news(spot, each, place)]
        return [*news, *(gone(about.get("guild_id"), channel, one) for one in absent)]

    async def _can_tell(self, channel: str, message: str) -> bool:
        """Whether what is missing was deleted: who may not read the history is shown an empty one, not a refusal."""
        try:
            await self._reading.message(channel, message)
        except Gone:
            return True
        return False

    def _news(self, spot: _Spot, message: Json, place: Json) -> Iterator[Update]:
        """What is new about one message."""
        name = str(message["id"])
        self.newest = max(self.newest, int(name))
        if str(message["author"]["id"]) == self._me:
            if counts(message) != self._known.totals.get((str(message["channel_id"]), name), {}):
                yield tally(message, self._now)
        elif is_noise(message):
            return
        elif name in spot.remarks:
            changed = message.get("edited_timestamp")
            if changed and datetime.fromisoformat(changed) != spot.remarks[name]:
                yield spoken_again({**message, **place}, known=True)
        elif int(name) > self._heard:
            yield spoken_again({**message, **place}, known=False)


def _left_out(channel: str, refused: NotSent) -> None:
    log.warning("Discord channel %s can't be read again: %s", channel, refused)

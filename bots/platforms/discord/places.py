"""Whose channels are whose: what readers write elsewhere in a server is none of the column's business, and not kept.

A message names its channel, not what that is a thread of; the gateway tells once, when a session begins, and whenever
a channel or thread is made or comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bots.platforms.discord.sayings import is_copy

TOLD = frozenset({"GUILD_CREATE", "CHANNEL_CREATE", "THREAD_CREATE", "THREAD_UPDATE", "THREAD_LIST_SYNC"})
"""Events that say where a channel belongs."""

PUBLIC_THREAD = 11

Json = Mapping[str, Any]


class Places:
    """Until it is known which channels are ours, and for a channel nobody told of, everything may concern us."""

    def __init__(self) -> None:
        self._ours: frozenset[str] | None = None
        self._parents: dict[str, str] = {}
        """Channel to itself, thread to its channel."""

    def settle(self, ours: Iterable[str]) -> None:
        """These channels are ours, with their threads."""
        self._ours = frozenset(ours)

    def learn(self, name: str, data: Json) -> None:
        """Take in one of TOLD. Raises for what makes no sense."""
        channels = data.get("channels") or () if name == "GUILD_CREATE" else ()
        for one in (*channels, *(data.get("threads") or ()), *(() if name == "GUILD_CREATE" else (data,))):
            if "id" in one:
                self._parents[str(one["id"])] = str(one["parent_id"] if _is_thread(one) else one["id"])

    def placed(self, data: Json) -> Json:
        """The event with the type of its channel where that is a thread, as Discord does not always tell."""
        channel = str(data.get("channel_id"))
        known = self._parents.get(channel, channel) != channel and "channel_type" not in data
        return {**data, "channel_type": PUBLIC_THREAD} if known else data

    def concerns_us(self, data: Json) -> bool:
        """True for an event of a channel or thread of ours, in private, or a copy of what was ours at a follower's."""
        root = self._parents.get(str(data.get("channel_id")))
        return self._ours is None or root is None or root in self._ours or is_copy(data)


def _is_thread(channel: Json) -> bool:
    """Other channels have a parent as well: the category they stand under."""
    return "thread_metadata" in channel

"""Awaiting discord.py: its failures become ours, and what can't be repeated is not repeated by the library either."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bots.errors import SendError
from bots.platforms.discord import wire
from bots.platforms.discord.errors import classify
from bots.platforms.inflight import repeatable

T = TypeVar("T")


async def translated(call: Callable[[], Awaitable[T]], *, once: bool = False) -> T:
    """Await `call`, raising our own errors in place of the library's.

    With `once` discord.py's own repetition of a call with an unknown outcome is stopped: InDoubt.
    """
    tries = wire.watch(once=once)
    try:
        return await call()
    except Exception as error:
        failure = error if isinstance(error, SendError) else classify(error, tries.statuses)
    raise failure


async def harmlessly(call: Callable[[], Awaitable[T]]) -> T:
    """The same for calls that can be repeated without doubling anything: a lost answer is TryLater."""
    return await repeatable(lambda: translated(call))

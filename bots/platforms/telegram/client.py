"""The library's Bot as it is used here: silent about its token, its failures raised as our errors."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import Bot
from telegram.request import HTTPXRequest

from bots.errors import SendError
from bots.platforms.inflight import repeatable
from bots.platforms.telegram.errors import classify

T = TypeVar("T")

ROOT = "https://api.telegram.org"


class SilentBot(Bot):
    """The library's Bot, which would print its token in every view of local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Bot"


def bot(token: str, base_url: str | None, proxy: str | None, answer_within: float = 15.0) -> SilentBot:
    """A bot that is not connected yet; `base_url` is the root of another Bot API server.

    `answer_within` is how many seconds the server may be silent, twice that with uploads.
    """
    # The library's documented way to get waiting times as timedelta; else each 429 prints a deprecation warning.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    # A server of our own, such as a rehearsal on loopback, must not be sought through the environment's proxy.
    own = {"trust_env": False} if base_url and not proxy else {}
    request = HTTPXRequest(
        read_timeout=answer_within,
        write_timeout=answer_within,
        media_write_timeout=2 * answer_within,
        connect_timeout=min(10.0, answer_within),
        pool_timeout=min(5.0, answer_within),
        proxy=proxy,
        httpx_kwargs=own,
    )
    # One request object serves sending and polling: no half does both.
    root = (base_url or ROOT).rstrip("/")
    return SilentBot(token, base_url=f"{root}/bot", request=request, get_updates_request=request)


async def translated(call: Callable[[], Awaitable[T]]) -> T:
    """Await `call`, raising our own errors in place of the library's, without a trace of those: they know the token."""
    try:
        return await call()
    except Exception as error:
        failure = error if isinstance(error, SendError) else classify(error)
    raise failure


async def harmlessly(call: Callable[[], Awaitable[T]]) -> T:
    """The same for calls that can be repeated without doubling anything: a lost answer is TryLater."""
    return await repeatable(lambda: translated(call))

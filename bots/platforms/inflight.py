"""Calls under way that nothing cancels: a send that was given up may still arrive, and then its answer counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bots.errors import InDoubt, NotSent, SendError, TryLater
from bots.model import Receipt

T = TypeVar("T")

PATIENCE_AT_CLOSE = 5.0
"""Seconds that closing waits for calls under way, after the publisher has waited for them already."""


class InFlight:
    """Sends under way, by nonce. A caller that gives up or is cancelled leaves its send running."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._tasks: dict[str, asyncio.Task[Receipt]] = {}

    async def run(self, nonce: str, call: Callable[[], Awaitable[Receipt]]) -> Receipt:
        """Start `call`, or join the one that runs under this nonce, and wait `patience` seconds for its receipt.

        Raises what the call raises, or InDoubt when the time is up; the call itself goes on.
        """
        task = self._tasks.get(nonce) or asyncio.ensure_future(_finish(call))
        self._tasks[nonce] = task
        done, _ = await asyncio.wait({task}, timeout=self.patience)
        if not done:
            raise _under_way()
        self._tasks.pop(nonce, None)
        return task.result()

    def late(self, nonce: str) -> Receipt | SendError | None:
        """What became of a call that was given up: its receipt, the NotSent it ended with, InDoubt while it goes on.

        None where nothing is known: no such call in this process, or it ended in doubt itself.
        """
        task = self._tasks.get(nonce)
        if task is None:
            return None
        if not task.done():
            return _under_way()
        del self._tasks[nonce]
        error = task.exception()
        if error is None:
            return task.result()
        return error if isinstance(error, NotSent) else None

    async def close(self) -> None:
        """Wait a last time; what is still open then is cancelled and stays in doubt for the next start."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        if tasks:
            await asyncio.wait(tasks, timeout=min(self.patience, PATIENCE_AT_CLOSE))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _finish(call: Callable[[], Awaitable[Receipt]]) -> Receipt:
    return await call()


def _under_way() -> InDoubt:
    return InDoubt("The platform has not answered yet; the call is still under way.", code="no answer yet")


async def repeatable(call: Callable[[], Awaitable[T]]) -> T:
    """Await a call where nothing could be doubled, reading, editing or deleting: a lost answer is TryLater."""
    try:
        return await call()
    except InDoubt as doubt:
        code = doubt.code
    # Raised outside the handler: the lost answer must not hang on it as its context.
    raise TryLater("The platform's answer was lost or unreadable.", code=code)

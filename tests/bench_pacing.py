"""How long an issue takes to go out over the shortest possible time, python-telegram-bot's own limiter beside ours.

Both get the same work on a virtual clock; a server of our own counts which calls break the documented windows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from telegram.ext import AIORateLimiter

from bots.limiter import Limiter
from tests.pacing_world import ANSWER, CALLS, Server, Work, bound
from tests.virtual import VirtualClock, VirtualLoop

Call = Callable[[], Coroutine[Any, Any, bool]]
Pass = Callable[[Work, int, int, Call], Awaitable[object]]
"""Lets one call of some weight through, that has so many behind it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one limiter made of it."""

    ratio: float
    """Its time over the bound for our rates."""
    broken: int
    """Calls that break a documented window."""
    calls: int


class Ticking(VirtualLoop):
    """Time that also passes while one looks at the clock: aiolimiter asks for waits too short to be one otherwise."""

    def time(self) -> float:
        self._leaping.now += 1e-9
        return super().time()


def _works(channels: int, readers: int, weights: Sequence[int]) -> list[Work]:
    chats = [*(f"@news{n}" for n in range(channels)), *(str(n) for n in range(1, readers + 1))]
    return [Work("telegram", chat, tuple(weights)) for chat in chats]


ISSUE = CALLS["telegram"]
CASES = {
    "an issue to 5 channels": _works(5, 0, ISSUE),
    "an issue to 10 channels and 40 readers": _works(10, 40, ISSUE),
    "an issue to 500 channels": _works(500, 0, ISSUE),
    "an issue to 100 channels and 4,900 readers": _works(100, 4900, ISSUE),
    "60 messages to a channel, 6 to 300 readers": [*_works(1, 0, (1,) * 60), *_works(0, 300, (1,) * 6)],
}


def ours(works: Sequence[Work]) -> Result:
    """Our limiter."""

    async def main() -> Result:
        clock = VirtualClock()
        limiter = Limiter(clock)

        async def through(work: Work, weight: int, left: int, call: Call) -> None:
            turn = await limiter.acquire(work.platform, work.chat, weight, left=left)
            await call()
            turn.answered()

        return await _served(works, clock, through)

    return _run(main())


def theirs(works: Sequence[Work]) -> Result:
    """python-telegram-bot's, as it is configured when nothing is said."""

    async def main() -> Result:
        limiter = AIORateLimiter()
        await limiter.initialize()

        async def through(work: Work, weight: int, left: int, call: Call) -> None:
            await limiter.process_request(call, (), {}, "sendMessage", {"chat_id": work.chat}, None)

        return await _served(works, VirtualClock(), through)

    return _run(main())


def _run(main: Coroutine[Any, Any, Result]) -> Result:
    with asyncio.Runner(loop_factory=Ticking) as runner:
        return runner.run(main)


async def _served(works: Sequence[Work], clock: VirtualClock, through: Pass) -> Result:
    server = Server("telegram")

    async def one(work: Work) -> None:
        for done, weight in enumerate(work.weights):

            async def call(weight: int = weight) -> bool:
                await clock.sleep(ANSWER / 2)
                server.arrived(work.chat, weight, clock.monotonic())
                await clock.sleep(ANSWER / 2)
                return True

            await through(work, weight, len(work.weights) - done, call)

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))
    return Result(clock.monotonic() / bound(works), server.refused, server.calls)

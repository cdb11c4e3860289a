"""A stage for one limiter with plain figures: who calls, and when each call went."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bots.limiter import Limiter
from bots.pacing import Pace, Platform
from tests.virtual import VirtualClock, run

FREE = Pace()
PLAIN = Platform(10.0, FREE, FREE)
"""Ten calls a second, and no chat has a window of its own."""


class Scene:
    """One limiter of a single platform, and the moments at which calls went."""

    def __init__(self, platform: Platform, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.limiter = Limiter(self.clock, {"p": platform})
        self.went: list[tuple[str, float]] = []

    async def call(self, chat: str, weight: int = 1, *, left: int = 0, reply: bool = False, name: str = "") -> float:
        """When the call went; `answered` is not said."""
        await self.limiter.acquire("p", chat, weight, left=left, reply=reply)
        self.went.append((name or chat, self.clock.monotonic()))
        return self.clock.monotonic()

    async def all(self, *calls: Awaitable[float]) -> list[float]:
        return list(await asyncio.gather(*calls))

    async def distance(self) -> float:
        """Seconds between two calls that nothing but the token's rate keeps apart."""
        first = await self.call("1")
        return await self.call("2") - first

    @property
    def order(self) -> list[str]:
        return [name for name, _ in self.went]


def play(platform: Platform, scene: Callable[[Scene], Awaitable[None]], clock: VirtualClock | None = None) -> Scene:
    """Play a scene to its end."""

    async def world() -> Scene:
        stage = Scene(platform, clock)
        asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
        await scene(stage)
        return stage

    troubles: list[object] = []
    stage = run(world())
    assert not troubles, "nothing may fail unseen"
    return stage

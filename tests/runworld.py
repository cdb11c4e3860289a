"""The running process itself on a virtual clock: the real Runner, with an alarm and ears of our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from bots.events import Asked, Press
from bots.ledger import Update
from bots.platforms.listening import Batch, Enclosed, Known, Listener, MenuEntry, Offer
from bots.running import Runner
from bots.schedule import TICK
from tests.roundworld import OwnApp, Stage
from tests.virtual import VirtualClock

EARLIER = timedelta(minutes=2)


class SteppedClock(VirtualClock):
    """A clock whose hands somebody moves."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


class TickingAlarm:
    """Rings as APScheduler does: after a time by the monotonic clock, worked out when it was set."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._ring: Callable[[], None] = lambda: None
        self._ticking: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    def start(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._ticking = asyncio.create_task(self._tick())

    def set(self, moment: datetime | None) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = asyncio.create_task(self._at(moment)) if moment is not None else None

    def stop(self) -> None:
        for task in (self._ticking, self._next):
            if task is not None:
                task.cancel()

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK)
            self._ring()

    async def _at(self, moment: datetime) -> None:
        await self._clock.sleep((moment - self._clock.now()).total_seconds())
        self._ring()


class Ears:
    """Hears what a test says."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Update] = asyncio.Queue()
        self.acknowledged: list[tuple[str, str]] = []
        self.missed: list[Batch] = []
        """What catching up brings."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        while True:
            yield Batch((await self.said.get(),))

    async def catch_up(self, known: Known) -> AsyncGenerator[Batch, None]:
        for batch in self.missed:
            yield batch

    async def role(self, press: Press, role_id: str) -> bool:
        return True

    async def acknowledge(self, ref: str, words: str) -> None:
        self.acknowledged.append((ref, words))

    async def answer(self, to: Asked | Press, messages: Sequence[Enclosed], *, private: bool = True) -> None: ...

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None: ...

    async def offer(self, ref: str, found: Sequence[Offer]) -> None: ...

    async def menu(self, menu: Sequence[MenuEntry]) -> None: ...


class HearingApp(OwnApp):
    """An app with ears."""

    ears: dict[str, Ears]

    async def listener(self, platform: str) -> Listener:
        return self.ears.setdefault(platform, Ears())


class Life:
    """One running process; others may follow it on the same stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.app = stage.app
        self._task = asyncio.create_task(Runner(stage.app, TickingAlarm(stage.clock)).run())

    async def end(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def lived(stage: Stage, moments: Sequence[datetime], then: Callable[[int], None] = lambda _: None) -> None:
    """Run one process, begun shortly before the first of the moments, until each of them, and do something at each."""
    await stage.until(moments[0] - EARLIER)
    life = Life(stage)
    try:
        for number, moment in enumerate(moments):
            await stage.until(moment)
            then(number)
    finally:
        await life.end()

"""An alarm clock over the ledger: it says that it is time to look, never what to do.

APScheduler keeps nothing: in memory it can neither lose a job with a process nor fire one twice, and what it misses in
a suspended machine or a stepped clock, the tick makes up for (reliability.md 1).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bots.clock import SystemClock

TICK = 30.0
"""Seconds after which it rings in any case."""
_NEXT = "next"


class Alarm(Protocol):
    """Rings at least every `TICK` seconds, and at the moment set last."""

    def start(self, ring: Callable[[], None]) -> None: ...

    def set(self, moment: datetime | None) -> None:
        """Ring then as well; None for no such moment."""
        ...

    def stop(self) -> None: ...


class ScheduledAlarm:
    """The alarm by APScheduler. A clock that runs faster than the machine's makes it ring sooner."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        # No lateness is too much: whether something is too late is the column's rule, not the scheduler's.
        defaults: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._ring: Callable[[], None] = lambda: None

    def start(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._scheduler.add_job(self._rung, "interval", seconds=TICK / self._clock.speed)
        self._scheduler.start()

    def set(self, moment: datetime | None) -> None:
        if moment is None:
            if self._scheduler.get_job(_NEXT):
                self._scheduler.remove_job(_NEXT)
            return
        left = max(timedelta(), moment - self._clock.now()) / self._clock.speed
        run_date = datetime.now(UTC) + left
        self._scheduler.add_job(self._rung, "date", run_date=run_date, id=_NEXT, replace_existing=True)

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    async def _rung(self) -> None:
        """On the loop, not in a thread: the scheduler runs plain functions in one."""
        self._ring()

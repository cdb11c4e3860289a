"""A world for simulations in which time passes only when nobody has anything else to do.

The real limiter, planner, ledger and publisher run in it unchanged: hours take milliseconds, and every run of the
same work happens in the same order.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

DAWN = datetime(2026, 1, 1, tzinfo=UTC)
"""When a virtual world begins."""


class _Leaping(selectors.BaseSelector):
    """Instead of waiting, moves the hands of the clock to the moment the loop wants to be woken at."""

    def __init__(self) -> None:
        self._inner = selectors.DefaultSelector()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Everything waits and nothing will ever happen: a virtual world has no outside.")
        self.now += max(0.0, timeout)
        return self._inner.select(0)

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time. What would run in a thread runs at once and takes no time."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)
        # After months of virtual time the usual nanosecond is less than two numbers are apart, and nothing comes due.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._leaping.now

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:  # a thread would hand over whatever was raised in it
            future.set_exception(error)
        return future


class VirtualClock:
    """The clock of the running virtual loop; before the loop runs it is dawn."""

    def __init__(self) -> None:
        self._last = 0.0

    def now(self) -> datetime:
        return DAWN + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with suppress(RuntimeError):  # outside of the loop time stands still
            self._last = asyncio.get_running_loop().time()
        return self._last

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run one virtual world to its end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)

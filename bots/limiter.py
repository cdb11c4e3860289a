"""Pacing: no window of a platform is exceeded, and the destination with the most work left goes first.

Figures and shape: reliability.md 4, telegram.md 5. Publishing, edits and deletes share one budget.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bots.clock import Clock

GRACE = 0.5
"""Seconds added to what a 429 asks for: a call on the very edge prolongs it."""
REGAIN = 0.1 / 60
"""Share of the full rate won back each second after a 429."""
LATE = 0.01
"""Seconds that waking late is made up for, else the loop's own latency adds up to a slower rate."""
EDGE = 1e-6
"""Seconds slept beyond a moment, so that rounding never leaves it just ahead."""
SLOWEST = 1 / 16
"""A token that keeps being refused is never slowed below this share of its rate."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one chat, or one token, takes: a least distance between calls, and at most `most` in any `window`."""

    spacing: float = 0.0
    """Seconds."""
    most: int = 0
    """0 for no such window."""
    window: float = 0.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's budget for one token."""

    rate: float
    """Calls a second over all chats, evenly, without bursts."""
    chat: Pace
    private: Pace
    items: bool = False
    """True when the pictures of an album count one by one."""

    def pace(self, chat: str) -> Pace:
        """Telegram's 20 a minute hold for groups and channels: negative ids and @names."""
        return self.private if chat.isdecimal() else self.chat


PLATFORMS: Mapping[str, Platform] = {
    # Limits are 30/s, about 1/s a chat and 20/min a group or channel; below them because the server counts arrivals.
    "telegram": Platform(25.0, Pace(1.05, 18, 60.0), Pace(1.05), items=True),
    "discord": Platform(40.0, Pace(0.0, 5, 5.0), Pace(0.0, 5, 5.0)),
}


@dataclass(frozen=True, slots=True)
class Load:
    """The calls one chat will get."""

    platform: str
    chat: str
    calls: int
    """Weighted: an album counts its pictures where the platform does."""


def estimate(loads: Iterable[Load], platforms: Mapping[str, Platform] = PLATFORMS) -> float:
    """Seconds until the last call may start, if every platform answers at once."""
    loads = tuple(load for load in loads if load.calls > 0)
    chats = [_alone(platforms[load.platform].pace(load.chat), load.calls) for load in loads]
    totals = [_together(name, loads) / platforms[name].rate for name in {load.platform for load in loads}]
    return max([0.0, *chats, *totals])


def _together(platform: str, loads: Iterable[Load]) -> int:
    return sum(load.calls for load in loads if load.platform == platform) - 1


def _alone(pace: Pace, calls: int) -> float:
    """Seconds from a chat's first call to its last one."""
    if not pace.most:
        return (calls - 1) * pace.spacing
    full, rest = divmod(calls - 1, pace.most)
    return full * max(pace.window, pace.most * pace.spacing) + rest * pace.spacing


@dataclass(slots=True)
class _Chat:
    """When a chat was called, and when it may be called again."""

    next: float = 0.0
    log: deque[float] = field(default_factory=deque)

    def wait_until(self, pace: Pace, share: float, weight: int, now: float) -> float:
        """The earliest moment for `weight` more, when the rate is cut to `share`."""
        if not pace.most:
            return self.next
        most = max(1, int(pace.most * share))
        while self.log and self.log[0] <= now - pace.window:
            self.log.popleft()
        # An album larger than the window goes alone: it can't be cut here.
        excess = len(self.log) + min(weight, most) - most
        return max(self.next, self.log[excess - 1] + pace.window) if excess > 0 else self.next

    def take(self, pace: Pace, share: float, weight: int, now: float) -> None:
        self.next = now + weight * pace.spacing / share
        if pace.most:
            self.log.extend([now] * weight)


@dataclass(order=True, slots=True)
class _Waiter:
    """A call that waits for its turn: the most work left first, then first come, first served."""

    rank: tuple[int, int]
    chat: str = field(compare=False)
    weight: int = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class _Gate:
    """One token's queue. A pump lives while someone waits, and lets one call through at a time."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock
        self._chats: dict[str, _Chat] = {}
        self._ready: list[_Waiter] = []
        self._later: list[tuple[float, _Waiter]] = []
        self._next = 0.0
        self._stopped_until = 0.0
        self._share, self._share_at = 1.0, 0.0
        self._pump: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    def share(self) -> float:
        """Share of the full rate allowed now."""
        return min(1.0, self._share + REGAIN * (self._clock.monotonic() - self._share_at))

    def stop(self, seconds: float) -> None:
        now = self._clock.monotonic()
        self._stopped_until = max(self._stopped_until, now + seconds + GRACE)
        self._share, self._share_at = max(SLOWEST, self.share() / 2), now
        self._news.set()

    async def turn(self, waiter: _Waiter) -> None:
        heapq.heappush(self._ready, waiter)
        self._news.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        await waiter.turn

    async def _run(self) -> None:
        while self._ready or self._later:
            self._news.clear()
            wake = self._let_through(self._clock.monotonic())
            if wake is not None:
                await self._until(wake)

    async def _until(self, moment: float) -> None:
        """Sleep until the moment, or until a new call or a 429 changes the order of things."""
        sleep = asyncio.ensure_future(self._clock.sleep(moment - self._clock.monotonic() + EDGE))
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({sleep, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            news.cancel()

    def _let_through(self, now: float) -> float | None:
        """Let the best call go if one may; else the moment at which to look again."""
        while self._later and self._later[0][0] <= now:
            heapq.heappush(self._ready, heapq.heappop(self._later)[1])
        gate = max(self._next, self._stopped_until)
        if self._ready and gate > now:
            return gate
        while self._ready:
            waiter = heapq.heappop(self._ready)
            if waiter.turn.done():
                continue
            chat, pace = self._chats.setdefault(waiter.chat, _Chat()), self._platform.pace(waiter.chat)
            until = chat.wait_until(pace, self.share(), waiter.weight, now)
            if until <= now:
                chat.take(pace, self.share(), waiter.weight, now)
                began = self._next if now - self._next < LATE else now
                self._next = began + waiter.weight / (self._platform.rate * self.share())
                waiter.turn.set_result(None)
                return None
            heapq.heappush(self._later, (until, waiter))
        return self._later[0][0] if self._later else None


class Limiter:
    """One for a whole process. All times are the clock's."""

    def __init__(self, clock: Clock, platforms: Mapping[str, Platform] = PLATFORMS) -> None:
        self._clock, self._platforms = clock, platforms
        self._gates: dict[str, _Gate] = {}
        self._arrivals = itertools.count()

    async def acquire(self, platform: str, chat: str, weight: int = 1, *, left: int = 0) -> None:
        """Wait until the call may be made. `weight`: pictures in an album; `left`: calls this destination still has."""
        counted = weight if self._platforms[platform].items else 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._gate(platform).turn(_Waiter((-left, next(self._arrivals)), chat, max(1, counted), turn))

    def refused(self, platform: str, after: float) -> None:
        """A 429: stop the token for `after` seconds and slow it down; it recovers by a tenth a minute."""
        self._gate(platform).stop(after)

    def _gate(self, platform: str) -> _Gate:
        if platform not in self._gates:
            self._gates[platform] = _Gate(self._platforms[platform], self._clock)
        return self._gates[platform]

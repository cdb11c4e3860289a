"""How fast a bot may write: windows on the injected clock (telegram.md 5)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bots.clock import Clock
from bots.rehearsal.telegram.replies import too_many_requests


@dataclass(frozen=True, slots=True)
class Window:
    """At most `count` messages in any `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Windows per bot, per chat, and per group or channel on top. Telegram publishes no exact figures."""

    bot: Sequence[Window] = (Window(30, 1.0),)
    chat: Sequence[Window] = (Window(10, 10.0),)
    """One a second, with bursts of ten tolerated."""
    group: Sequence[Window] = (Window(20, 60.0),)


NO_LIMITS = Limits((), (), ())


class Meter:
    """Counts what was let through, for one scope."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows
        self._longest = max((w.seconds for w in windows), default=0.0)
        self._times: deque[float] = deque()

    def wait(self, now: float, weight: int) -> float:
        """Seconds until `weight` more messages fit, 0.0 when they fit now."""
        while self._times and self._times[0] <= now - self._longest:
            self._times.popleft()
        return max((self._wait_for(window, now, weight) for window in self._windows), default=0.0)

    def _wait_for(self, window: Window, now: float, weight: int) -> float:
        recent = [t for t in self._times if t > now - window.seconds]
        # An album larger than the whole window passes when the window is empty, or it never could.
        excess = len(recent) - max(0, window.count - weight)
        return recent[excess - 1] + window.seconds - now if excess > 0 else 0.0

    def take(self, now: float, weight: int) -> None:
        if self._windows:
            self._times.extend([now] * weight)


class Budget:
    """All meters of one Telegram. Sends and edits share them; an album of n counts n."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._meters: dict[tuple[str, int, int], Meter] = {}

    def spend(self, bot: int, chat: int, *, group: bool, weight: int = 1) -> None:
        """Count `weight` messages of `bot` to `chat`, or refuse with 429 and the seconds to wait."""
        now = self._clock.monotonic()
        meters = self._scopes(bot, chat, group)
        wait = max(meter.wait(now, weight) for meter in meters)
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        for meter in meters:
            meter.take(now, weight)

    def _scopes(self, bot: int, chat: int, group: bool) -> list[Meter]:
        scopes = [("bot", bot, 0, self._limits.bot), ("chat", bot, chat, self._limits.chat)]
        if group:
            scopes.append(("group", bot, chat, self._limits.group))
        return [self._meters.setdefault((name, b, c), Meter(windows)) for name, b, c, windows in scopes]

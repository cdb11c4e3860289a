"""The platforms' windows as figures, and how long calls take under them. Pure.

Figures: reliability.md 4, telegram.md 5, discord.md 7.1. They stay below what is documented, because the server counts
calls as they arrive, not as they leave.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SLACK = 1.05
"""How much longer our distances are than documented: calls may arrive that much closer together than they left."""
SECOND = 1.1
"""Seconds that a token's documented second is taken for: its calls are many, and on their way at the same time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one chat, or one token, takes: a least distance between calls, and at most `most` in any `window`."""

    spacing: float = 0.0
    """Seconds."""
    most: int = 0
    """0 for no such window."""
    window: float = 0.0
    """Seconds."""

    def lasts(self, calls: int) -> float:
        """Seconds from the first of so many calls to the last one."""
        if calls < 1 or not self.most:
            return max(0, calls - 1) * self.spacing
        full, rest = divmod(calls - 1, self.most)
        return full * max(self.window, self.most * self.spacing) + rest * self.spacing


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's budget for one token."""

    rate: float
    """Messages a second over all chats; the calls leave evenly, without bursts."""
    chat: Pace
    private: Pace
    items: bool = False
    """True when the pictures of an album count one by one."""
    reserve: float = 3.0
    """Calls a second that publishing leaves to replies while some wait."""
    peak: int = 0
    """Most messages in any second, as documented: an album lands all at once. 0 where every call counts one."""
    timed: bool = False
    """True when a call that takes long arrives late. discord.py holds answers back for its own windows instead."""
    apart: bool = False
    """True when a reply has a window of its own, whatever else is written into the chat (discord.md 6)."""
    invalid: int = 0
    """Refusals in ten minutes after which the token stands still. 0 where nobody counts them."""

    def pace(self, chat: str) -> Pace:
        """Telegram's 20 a minute hold for groups and channels: negative ids and @names."""
        return self.private if chat.isdecimal() else self.chat

    @property
    def whole(self) -> Pace:
        """The token's window; its distances are the limiter's business."""
        return Pace(0.0, self.peak, SECOND)


PLATFORMS: Mapping[str, Platform] = {
    # Documented: 30/s, about 1/s a chat and 20/min a group or channel, all 20 as quickly as the chat takes them.
    "telegram": Platform(25.0, Pace(1.05, 18, 60.0), Pace(1.05), items=True, peak=30, timed=True),
    # Documented: 50/s and 10,000 refusals in 10 min; observed: 5 in 5 s a channel. discord.py obeys the headers too.
    "discord": Platform(40.0, Pace(0.0, 5, 5.0), Pace(0.0, 5, 5.0), reserve=5.0, apart=True, invalid=500),
}


@dataclass(slots=True)
class Log:
    """When something was called, and when it may be called again."""

    next: float = 0.0
    times: list[float] = field(default_factory=list)
    """Of the messages the window still holds, an album's pictures one by one, oldest first."""

    def free_at(self, pace: Pace, share: float, weight: int, now: float) -> float:
        """The earliest moment for `weight` more, when the rate is cut to `share`."""
        if not pace.most:
            return self.next
        self._forget(now - pace.window)
        most = max(1, int(pace.most * share))
        # An album larger than the window goes alone: it can't be cut here.
        excess = len(self.times) + min(weight, most) - most
        return max(self.next, self.times[excess - 1] + pace.window) if excess > 0 else self.next

    def take(self, pace: Pace, share: float, weight: int, now: float) -> None:
        """Count `weight` messages now."""
        self.next = max(self.next, now + weight * pace.spacing / share)
        if pace.most:
            for _ in range(weight):
                insort(self.times, now)

    def late(self, pace: Pace, share: float, weight: int, at: float, late: float) -> None:
        """What was counted at `at` arrived `late` seconds after that. A distance has room for a little of it."""
        self.next = max(self.next, at + late + weight * pace.spacing / SLACK / share)
        for _ in range(weight if pace.most else 0):
            if at in self.times:
                self.times.remove(at)
            insort(self.times, at + late)

    def _forget(self, until: float) -> None:
        del self.times[: bisect_right(self.times, until)]


@dataclass(frozen=True, slots=True)
class Load:
    """The calls one destination will get, in their order."""

    platform: str
    chat: str
    weights: Sequence[int]
    """Of each call: the number of pictures for an album where the platform counts them, else 1."""


def estimate(loads: Iterable[Load], platforms: Mapping[str, Platform] = PLATFORMS) -> float:
    """Seconds until the last call may start, if every platform answers at once."""
    chats: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for load in loads:
        # The topics of a group are one chat.
        chats[load.platform, load.chat] += (w if platforms[load.platform].items else 1 for w in load.weights)
    alone = (_alone(platforms[name].pace(chat), weights) for (name, chat), weights in chats.items())
    totals: Counter[str] = Counter()
    for (name, _), weights in chats.items():
        totals[name] += sum(weights)
    together = ((total - 1) / platforms[name].rate for name, total in totals.items())
    return max([0.0, *alone, *together])


def _alone(pace: Pace, weights: Iterable[int]) -> float:
    """Seconds from a chat's first call to its last one: each as early as the windows allow, which nothing beats."""
    log, now = Log(), 0.0
    for weight in weights:
        now = max(now, log.free_at(pace, 1.0, weight, now))
        log.take(pace, 1.0, weight, now)
    return now

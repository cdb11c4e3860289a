"""Pacing: no window of a platform is exceeded, and the destination with the most work left goes first.

Publishing, edits, deletes, settling and replies of one process share one budget for each token. The windows are
`bots.pacing`'s, as config.yaml has them.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from bots.clock import Clock
from bots.pacing import PLATFORMS, Log, Platform

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
QUICK, STRANGE = 0.1, 6
"""Seconds that a quick answer takes, as long as only so many have come."""
INVALID = 600.0
"""Seconds in which refusals are counted (discord.md 7.1)."""


@dataclass(slots=True)
class _Chat:
    """One chat's calls: those that were made, and those that wait, each kind in the order it came."""

    name: str
    log: Log = field(default_factory=Log)
    replies: deque[_Waiter] = field(default_factory=deque)
    others: deque[_Waiter] = field(default_factory=deque)
    replied: bool = False
    """The last call was a reply: what else waits is next, or readers could keep an issue out of their chat."""
    offered: _Waiter | None = None
    """The head the gate knows of."""

    def head(self) -> _Waiter | None:
        """The call that is next here; None when nobody waits."""
        for lane in (self.others, self.replies) if self.replied else (self.replies, self.others):
            while lane and lane[0].turn.done():
                lane.popleft()
            if lane:
                return lane[0]
        return None


@dataclass(order=True, slots=True)
class _Waiter:
    """A call that waits for its turn: the most work left first, then first come, first served."""

    rank: tuple[float, int]
    chat: _Chat = field(compare=False)
    weight: int = field(compare=False)
    reply: bool = field(compare=False)
    turn: asyncio.Future[Turn] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """Leave to make one call."""

    _gate: _Gate
    _chat: _Chat
    _weight: int
    _at: float

    def answered(self) -> None:
        """The call has succeeded. One that took long arrived late, and the windows count from there."""
        self._gate.answered(self._chat, self._weight, self._at)


class _Gate:
    """One token's queue. A pump lives while someone waits, and lets one call through at a time."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock
        self._chats: dict[str, _Chat] = {}
        # Heads of chats: replies, what else may go, and what has to wait for its chat until a moment.
        self._replies: list[_Waiter] = []
        self._others: list[_Waiter] = []
        self._later: list[tuple[float, _Waiter]] = []
        self._log = Log()
        self._next = self._next_reply = 0.0
        self._paid_until = 0.0
        """When what was sent has been made up for at the rate; a second behind at most, which albums may draw on."""
        self._stopped_until = self._refused_until = 0.0
        self._share = 1.0
        self._answers, self._quickest = 0, inf
        self._invalid: deque[float] = deque(maxlen=platform.invalid)
        self._arrivals = itertools.count()
        self._pump: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    def share(self) -> float:
        """Share of the full rate allowed now; it grows from the end of a stop on."""
        return min(1.0, self._share + REGAIN * max(0.0, self._clock.monotonic() - self._refused_until))

    def refused(self, seconds: float) -> None:
        """Stand still; slower afterwards, once for all calls that were under way."""
        now = self._clock.monotonic()
        if now >= self._refused_until:
            self._share = max(SLOWEST, self.share() / 2)
        self._refused_until = max(self._refused_until, now + seconds + GRACE)
        self._stop(self._refused_until)

    def invalid(self) -> None:
        """Stand still when there were too many, until the oldest of them is ten minutes old."""
        if self._platform.invalid:
            self._invalid.append(self._clock.monotonic())
            if len(self._invalid) == self._platform.invalid:
                self._stop(self._invalid[0] + INVALID)

    def _stop(self, moment: float) -> None:
        self._stopped_until = max(self._stopped_until, moment)
        self._news.set()

    def answered(self, chat: _Chat, weight: int, at: float) -> None:
        """Late is what takes longer than the quickest call: so much of it may have passed before it arrived."""
        took = self._clock.monotonic() - at
        self._answers, self._quickest = self._answers + 1, min(self._quickest, took)
        late = took - (self._quickest if self._answers > STRANGE else min(self._quickest, QUICK))
        if self._platform.timed and late > 0:
            chat.log.late(self._platform.pace(chat.name), self.share(), weight, at, late)

    async def turn(self, name: str, weight: int, left: int, reply: bool) -> Turn:
        # Where replies have windows of their own, each reader's is nobody else's and soon forgotten.
        apart = reply and self._platform.apart
        chat = _Chat(name) if apart else self._chats.setdefault(name, _Chat(name))
        turn: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        rank = 0.0 if reply else -self._platform.pace(name).lasts(left)
        waiter = _Waiter((rank, next(self._arrivals)), chat, weight, reply, turn)
        (chat.replies if reply else chat.others).append(waiter)
        self._offer(chat)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        try:
            return await turn
        except asyncio.CancelledError:
            self._offer(chat)
            raise

    def _offer(self, chat: _Chat) -> None:
        """Let the gate know a chat's head, if it is another one than before."""
        head = chat.head()
        if head is not None and head is not chat.offered:
            heapq.heappush(self._replies if head.reply else self._others, head)
            self._news.set()
        chat.offered = head

    async def _run(self) -> None:
        while self._replies or self._others or self._later:
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
            waiter = heapq.heappop(self._later)[1]
            heapq.heappush(self._replies if waiter.reply else self._others, waiter)
        gate = max(self._next, self._paid_until, self._stopped_until)
        if (self._replies or self._others) and gate > now:
            return gate
        # Replies go first at the pace of their reserve, and beyond it whenever nothing else can go.
        due = self._next_reply <= now
        for waiter in self._ready((self._replies, self._others) if due else (self._others, self._replies), now):
            free = self._log.free_at(self._platform.whole, self.share(), waiter.weight, now)
            if free > now:
                heapq.heappush(self._replies if waiter.reply else self._others, waiter)
                return free
            self._let(waiter, now)
            return None
        return self._later[0][0] if self._later else None

    def _ready(self, lanes: Iterable[list[_Waiter]], now: float) -> Iterable[_Waiter]:
        """The best call whose chat is free; those before it are put off until their chats are."""
        for lane in lanes:
            while lane:
                waiter = heapq.heappop(lane)
                if waiter.turn.done() or waiter.chat.head() is not waiter:
                    self._offer(waiter.chat)
                    continue
                pace = self._platform.pace(waiter.chat.name)
                until = waiter.chat.log.free_at(pace, self.share(), waiter.weight, now)
                if until > now:
                    heapq.heappush(self._later, (until, waiter))
                else:
                    yield waiter

    def _let(self, waiter: _Waiter, now: float) -> None:
        chat, weight, share = waiter.chat, waiter.weight, self.share()
        chat.log.take(self._platform.pace(chat.name), share, weight, now)
        self._log.take(self._platform.whole, share, weight, now)
        one = 1 / (self._platform.rate * share)
        self._next = (self._next if now - self._next < LATE else now) + one
        self._paid_until = max(self._paid_until, now - 1) + weight * one
        if waiter.reply:
            each = weight / (self._platform.reserve * share)
            self._next_reply = max(self._next_reply, now - each) + each
        chat.replied = waiter.reply
        waiter.turn.set_result(Turn(self, chat, weight, now))
        self._offer(chat)


class Limiter:
    """One for a whole process. All times are the clock's."""

    def __init__(self, clock: Clock, platforms: Mapping[str, Platform] = PLATFORMS) -> None:
        self._platforms = platforms
        self._gates = {name: _Gate(platform, clock) for name, platform in platforms.items()}

    async def acquire(self, platform: str, chat: str, weight: int = 1, *, left: int = 0, reply: bool = False) -> Turn:
        """Wait until the call may be made.

        `weight`: pictures in an album; `left`: calls this destination still has; `reply`: a reader waits for it. Within
        a chat, calls of a kind keep their order.
        """
        counted = max(1, weight) if self._platforms[platform].items else 1
        return await self._gates[platform].turn(chat.lower(), counted, left, reply)

    def refused(self, platform: str, after: float) -> None:
        """A 429: stop the token for `after` seconds and slow it down; it recovers by a tenth a minute."""
        self._gates[platform].refused(after)

    def invalid(self, platform: str) -> None:
        """The platform refused the token, a right or the pace: too many of those, and it bans the address."""
        self._gates[platform].invalid()

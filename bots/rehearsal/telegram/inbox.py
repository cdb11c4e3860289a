"""Updates that wait for a bot, and how it takes them (telegram.md 4.3)."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.clock import Clock
from bots.rehearsal.telegram.replies import Json

KEPT = timedelta(hours=24)
AT_ONCE = 100
FIRST = 500_000_001
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that a bot gets only when it names them."""
SHORT_LIVED = {
    "callback_query": timedelta(seconds=150),
    "inline_query": timedelta(seconds=30),
    "chosen_inline_result": timedelta(seconds=600),
}
"""Kinds that nobody waits for as long; telegram-bot-api: Client.cpp, add_update."""


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened. `kind` is the field of the Bot API's `Update` that `what` stands in."""

    id: int
    kind: str
    what: Json
    until: datetime
    """When it is dropped if nobody took it."""

    def json(self) -> Json:
        return {"update_id": self.id, self.kind: self.what}

    @property
    def lane(self) -> Hashable:
        """Updates with the same lane are pushed one after the other: those of one chat, or of one asking user."""
        chat = self.what.get("chat")
        return chat["id"] if chat else (self.kind, self.what["from"]["id"])


@dataclass(frozen=True, slots=True)
class _Held:
    """An update that becomes one at `due`, in seconds of the monotonic clock."""

    due: float
    kind: str
    what: Json


class Inbox:
    """The queue of one bot. What the bot did not allow is never queued, what it confirmed is gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Update] = []
        self._held: dict[Hashable, _Held] = {}
        self._next = FIRST
        self._allowed: frozenset[str] = frozenset()
        self._asked = (0, -math.inf)
        self._poller: Callable[[str], None] | None = None
        self._watcher: Callable[[], None] | None = None
        self._lock = threading.RLock()  # tests speak from one thread while a server answers in another

    def put(self, kind: str, what: Json) -> None:
        """Queue an update, and wake whoever waits for one."""
        if not self.wants(kind):
            return
        with self._lock:
            self._append(kind, what)
        self.ring()

    def put_later(self, key: Hashable, kind: str, what: Json, seconds: float) -> None:
        """Queue an update in a while. Until then a later one with the same key takes its place, not its time."""
        if not self.wants(kind):
            return
        with self._lock:
            before = self._held.get(key)
            due = before.due if before else self._clock.monotonic() + seconds
            self._held[key] = _Held(due, kind, what)
        self.ring()  # whoever waits must look when to wake up

    def wants(self, kind: str) -> bool:
        return kind in self._allowed if self._allowed else kind not in ON_REQUEST

    @property
    def allowed(self) -> frozenset[str]:
        """The kinds asked for; empty for the usual ones."""
        return self._allowed

    def allow(self, kinds: Iterable[str] | None) -> None:
        """What to queue from now on: None leaves it as it was, no kind at all means the usual ones."""
        if kinds is not None:
            self._allowed = frozenset(kinds)

    def take(self, offset: int, limit: int) -> list[Json]:
        """The updates from `offset` on, at most `limit`; those before are confirmed, below zero all but the last."""
        with self._lock:
            kept = self._current()
            kept = kept[offset:] if offset < 0 else [update for update in kept if update.id >= offset]
            self._waiting = list(kept)
        return [update.json() for update in kept[: limit if 0 < limit <= AT_ONCE else AT_ONCE]]

    def asked(self, offset: int) -> float:
        """Seconds since getUpdates came with this same offset the last time; endless if another one came last."""
        now, (before, when) = self._clock.monotonic(), self._asked
        self._asked = (offset, now)
        return now - when if offset == before else math.inf

    def waiting(self) -> list[Update]:
        """What waits to be confirmed, oldest first."""
        with self._lock:
            return list(self._current())

    def confirm(self, update: Update) -> None:
        """Forget one update, such as one that was pushed and accepted."""
        with self._lock:
            self._waiting = [each for each in self._waiting if each.id != update.id]

    def clear(self) -> None:
        with self._lock:
            self._waiting, self._held = [], {}

    def begin_anew(self, number: int) -> None:
        """Give the next update this number: after a week of silence it can be any (telegram.md 4.3)."""
        with self._lock:
            self._next = number

    def due_in(self) -> float | None:
        """Seconds until the next update that is held back, None when there is none."""
        with self._lock:
            now = self._clock.monotonic()
            return min((max(0.0, held.due - now) for held in self._held.values()), default=None)

    @property
    def pending(self) -> int:
        """How many updates wait to be confirmed."""
        return len(self.waiting())

    def _append(self, kind: str, what: Json) -> None:
        until = self._clock.now() + SHORT_LIVED.get(kind, KEPT)
        self._waiting.append(Update(self._next, kind, what, until))
        self._next += 1

    def _current(self) -> list[Update]:
        """What waits now: held ones join when they are due, those past their time leave."""
        now = self._clock.monotonic()
        due = {key: held for key, held in self._held.items() if held.due <= now}
        for key, held in sorted(due.items(), key=lambda item: item[1].due):
            del self._held[key]
            self._append(held.kind, held.what)
        moment = self._clock.now()
        self._waiting = [update for update in self._waiting if update.until > moment]
        return self._waiting

    # ── who waits ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def awaited(self) -> bool:
        """True while a poller waits."""
        return self._poller is not None

    def wait(self, wake: Callable[[str], None], reason: str) -> None:
        """Call `wake("")` at the next update, `wake(reason of the other)` when another sends it away.

        One waits at a time; `reason` is what the one before is told.
        """
        self.interrupt(reason)
        self._poller = wake

    def leave(self, wake: Callable[[str], None]) -> None:
        """Stop waiting, unless another poller has come already."""
        if self._poller is wake:
            self._poller = None

    def interrupt(self, reason: str) -> None:
        """Send away the poller that waits."""
        if self._poller is not None:
            poller, self._poller = self._poller, None
            poller(reason)

    def watch(self, watcher: Callable[[], None] | None) -> None:
        """Call `watcher` at every update and every change of the webhook; it may be called from any thread."""
        self._watcher = watcher

    def ring(self) -> None:
        if self._poller is not None:
            self._poller("")
        if self._watcher is not None:
            self._watcher()

"""Updates that wait for a bot, and how it takes them (telegram.md 4.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.clock import Clock
from bots.rehearsal.telegram.replies import Json

KEPT = timedelta(hours=24)
AT_ONCE = 100
FIRST = 500_000_001
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that a bot gets only when it names them."""


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened. `kind` is the field of the Bot API's `Update` that `what` stands in."""

    id: int
    kind: str
    what: Json
    since: datetime

    def json(self) -> Json:
        return {"update_id": self.id, self.kind: self.what}


class Inbox:
    """The queue of one bot. What the bot did not allow is never queued, what it confirmed is gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Update] = []
        self._next = FIRST
        self._allowed: frozenset[str] = frozenset()
        self._poller: Callable[[bool], None] | None = None
        self._lock = threading.Lock()  # tests speak from one thread while a server answers in another

    def put(self, kind: str, what: Json) -> None:
        """Queue an update, and wake whoever waits for one."""
        if kind not in self._allowed if self._allowed else kind in ON_REQUEST:
            return
        with self._lock:
            self._waiting.append(Update(self._next, kind, what, self._clock.now()))
            self._next += 1
        if self._poller is not None:
            self._poller(False)

    def allow(self, kinds: Iterable[str] | None) -> None:
        """What to queue from now on: None leaves it as it was, no kind at all means the usual ones."""
        if kinds is not None:
            self._allowed = frozenset(kinds)

    def take(self, offset: int, limit: int) -> list[Json]:
        """The updates from `offset` on, at most `limit`; those before are confirmed, below zero all but the last."""
        oldest = self._clock.now() - KEPT
        with self._lock:
            kept = [update for update in self._waiting if update.since > oldest]
            kept = kept[offset:] if offset < 0 else [update for update in kept if update.id >= offset]
            self._waiting = list(kept)
        return [update.json() for update in kept[: limit if 0 < limit <= AT_ONCE else AT_ONCE]]

    @property
    def pending(self) -> int:
        """How many updates wait to be confirmed."""
        return len(self._waiting)

    @property
    def awaited(self) -> bool:
        """True while a poller waits."""
        return self._poller is not None

    def wait(self, wake: Callable[[bool], None]) -> None:
        """Call `wake(False)` at the next update, `wake(True)` when another poller comes. One waits at a time."""
        self.interrupt()
        self._poller = wake

    def leave(self, wake: Callable[[bool], None]) -> None:
        """Stop waiting, unless another poller has come already."""
        if self._poller is wake:
            self._poller = None

    def interrupt(self) -> None:
        """Send away the poller that waits."""
        if self._poller is not None:
            poller, self._poller = self._poller, None
            poller(True)

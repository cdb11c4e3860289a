"""Discord's rate windows, counted on the injected clock and announced in real seconds (discord.md 7.1, 9.2)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from bots.clock import Clock


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `count` calls in `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The windows in force. Those of a channel are observed, not promised; the global one is documented."""

    everything: Rule = Rule(50, 1)
    create: Rule = Rule(5, 5)
    edit: Rule = Rule(5, 5)
    edit_old: Rule = Rule(3, 6)
    """Edits of messages older than an hour, in a channel: code 30046."""
    delete: Rule = Rule(5, 5)
    crosspost: Rule = Rule(5, 5)
    crosspost_hour: Rule = Rule(10, 3600)
    """Crossposts of a channel: code 20028."""
    edit_announced: Rule = Rule(3, 3600)
    """Edits of crossposted messages, in a channel: code 20028."""
    react: Rule = Rule(1, 0.25)
    """Reactions given and taken in a channel, as everybody observes it (discord.md 7.1)."""
    webhook: Rule = Rule(5, 2)
    """What follows the first answer to one interaction."""


NO_LIMITS = Rules(*(Rule(1_000_000, 1),) * len(fields(Rules)))
"""Windows no test can fill."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A window after a call was counted, or refused."""

    name: str
    limit: int
    remaining: int
    reset: float
    """Seconds on the clock until the window opens again."""
    refused: bool = False


@dataclass(slots=True)
class _Window:
    opened: float
    used: int = 0


@dataclass(slots=True)
class Limiter:
    """Fixed windows that open with the first call, one for each name and top-level resource."""

    clock: Clock
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, name: str, resource: str, rule: Rule) -> Standing:
        """Count a call, unless its window is full: a refused call uses nothing up."""
        now = self.clock.monotonic()
        window = self._windows.get((name, resource))
        if window is None or now - window.opened >= rule.seconds:
            window = self._windows[name, resource] = _Window(now)
        refused = window.used >= rule.count
        window.used += not refused
        reset = window.opened + rule.seconds - now
        return Standing(name, rule.count, rule.count - window.used, reset, refused)

    def real(self, seconds: float) -> float:
        """Seconds on this clock as the client's wall clock counts them, rounded up to a millisecond.

        The client sleeps on its own clock, which doesn't run faster because ours does.
        """
        speed = float(getattr(self.clock, "speed", 1.0))
        return math.ceil(seconds / speed * 1000) / 1000

    def headers(self, standing: Standing) -> dict[str, str]:
        """The X-RateLimit headers of an answer that counted against the window."""
        real = self.real(standing.reset)
        return {
            "X-RateLimit-Limit": str(standing.limit),
            "X-RateLimit-Remaining": str(standing.remaining),
            "X-RateLimit-Reset": f"{self.clock.now().timestamp() + real:.3f}",
            "X-RateLimit-Reset-After": f"{real:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(standing.name.encode()).hexdigest()[:32],
        }


def refusal_headers(windows: Mapping[str, str], after: float, *, everyone: bool) -> dict[str, str]:
    """The headers of a 429. Without Via the client takes it for a ban at the door (discord.md 7.2)."""
    shared = {"Via": "1.1 rehearsal", "Retry-After": str(math.ceil(after))}
    if everyone:
        return shared | {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
    return {**shared, **windows, "X-RateLimit-Scope": "user"}

"""Which posts changed, and which of them rest: by the files' stamps and the monotonic clock, so a stepped clock or a
restart changes nothing but how long it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bots.clock import Clock
from bots.column import Column

_FIRST, _LONGEST = 30.0, 600.0
"""Seconds for which a post is left alone after something did not come about: at first, and at the most."""

Stamp = tuple[tuple[str, int, int], ...]
"""Name, time of change in ns and size of a post's file and of everything beside it that may be a picture of it."""


@dataclass(slots=True)
class _Seen:
    stamp: Stamp
    since: float
    """Monotonic seconds at which this stamp was first seen, moved back by the time the file had rested by then."""
    done: bool = False
    tries: int = 0
    """Times something did not come about since the last change."""
    until: float = 0.0
    """Monotonic seconds until which it is left alone."""


class Watch:
    """What of the posts' files is known from one look to the next; all of it may be forgotten."""

    def __init__(self, column: Column, clock: Clock) -> None:
        self._column, self._clock = column, clock
        self._seen: dict[Path, _Seen] = {}

    def look(self, paths: Iterable[Path]) -> None:
        """Take note of changes."""
        folders: dict[Path, Stamp] = {}
        for path in paths:
            folder = path.parent
            if folder not in folders:
                folders[folder] = tuple(_stamps(folder, self._column.config.assets))
            own = _stamp(path)
            stamp = (*((own,) if own else ()), *folders[folder])
            seen = self._seen.get(path)
            if seen is None:
                self._seen[path] = _Seen(stamp, self._clock.monotonic() - self._rested(stamp))
            elif seen.stamp != stamp:
                self._seen[path] = _Seen(stamp, self._clock.monotonic())

    def restless(self) -> frozenset[Path]:
        """Posts that changed less than the column's quiet time ago."""
        quiet = self._column.config.release.quiet.total_seconds()
        now = self._clock.monotonic()
        return frozenset(path for path, seen in self._seen.items() if now - seen.since < quiet)

    def due(self, path: Path) -> bool:
        """True for a post that rests and was not dealt with as it is now."""
        seen = self._seen.get(path)
        return seen is not None and not seen.done and path not in self.restless()

    def done(self, path: Path) -> None:
        """Nothing more is to be done until it changes."""
        if path in self._seen:
            self._seen[path].done = True

    def put_off(self, path: Path) -> None:
        """What was tried may have come to nothing: not again for a while, which is longer each time."""
        if (seen := self._seen.get(path)) is not None:
            seen.until = self._clock.monotonic() + min(_LONGEST, _FIRST * 2 ** min(seen.tries, 10))
            seen.tries += 1

    def ready(self, path: Path) -> bool:
        """False for a post that is put off."""
        return path not in self._seen or self._clock.monotonic() >= self._seen[path].until

    def again(self) -> None:
        """Something else than the files changed: look at all of them once more."""
        for seen in self._seen.values():
            seen.done, seen.tries, seen.until = False, 0, 0.0

    def _rested(self, stamp: Stamp) -> float:
        """Seconds since the last change by the clock on the wall; none for a time that lies ahead of it."""
        latest = max((changed for _, changed, _ in stamp), default=0)
        return max(0.0, (self._clock.now() - datetime.fromtimestamp(latest / 1e9, UTC)).total_seconds())


def _stamps(folder: Path, assets: Iterable[Path]) -> Iterable[tuple[str, int, int]]:
    """Everything but posts in the post's folder and in the folders below it, and in the site's own."""
    for place in (folder, *assets):
        for path in sorted(place.rglob("*")) if place.is_dir() else ():
            if path.suffix.lower() not in {".md", ".markdown", ".mdx"} and (stamp := _stamp(path)):
                yield stamp


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except OSError:  # gone between the listing and the look
        return None
    return (str(path), found.st_mtime_ns, found.st_size)

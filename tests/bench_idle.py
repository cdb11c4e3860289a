"""`make bench ARGS=commands`: what `weektech run` costs while there is nothing to do."""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.theatre import Theatre, theatre

TRIALS = 3
PATIENCE = 120.0
"""Seconds in which it must have begun."""
REST = 3.0
"""Seconds that it is left alone before its memory is looked at."""


@dataclass(frozen=True, slots=True)
class Idle:
    """One process that watches an empty folder and listens to both platforms."""

    start: float
    """Seconds from its start until it listens to both."""
    memory: float
    """Megabytes that it keeps resident; 0.0 where the system does not tell."""


def measured() -> Idle:
    """The best of some trials."""
    trials = [_one() for _ in range(TRIALS)]
    return Idle(min(one.start for one in trials), min(one.memory for one in trials))


def _one() -> Idle:
    with tempfile.TemporaryDirectory() as folder, theatre(Path(folder) / "column") as house:
        house.post.unlink()
        began = time.monotonic()
        process = house.start("run", more={"HASTE": "1"})
        try:
            while not _listens(house):
                if process.poll() is not None or time.monotonic() - began > PATIENCE:
                    raise RuntimeError("`weektech run` does not begin")
                time.sleep(0.01)
            start = time.monotonic() - began
            time.sleep(REST)
            return Idle(start, _memory(process.pid))
        finally:
            process.kill()
            process.wait()


def _listens(house: Theatre) -> bool:
    return "getUpdates" in house.telegram_faults.calls and bool(house.discord.gateway.identified)


def _memory(process: int) -> float:
    """As Linux tells it; elsewhere nobody is asked."""
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text(encoding="utf-8")) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0

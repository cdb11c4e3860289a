"""What became of every case that was killed, broken or simulated: counted from what readers see, summed by `make soak`.

Each test process writes one JSON line a case into the folder that WEEKTECH_TALLY names; without it nothing is kept.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = "WEEKTECH_TALLY"


@dataclass(frozen=True, slots=True)
class Case:
    """How one case ended."""

    kind: str
    lost: int = 0
    doubled: int = 0
    unsettled: int = 0
    """Sends nobody could vouch for; each was named to the author."""
    seed: int | None = None
    """Of a simulated life."""


def record(case: Case) -> None:
    folder = os.environ.get(FOLDER)
    if folder:
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(case)) + "\n")


def seen(kind: str, wanted: Sequence[str], found: Sequence[str], unsettled: int = 0) -> Case:
    """Compare what should be in a chat with what is there, record the case and return it."""
    missing, surplus = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    case = Case(kind, missing.total(), surplus.total(), unsettled)
    record(case)
    return case


def recorded(folder: Path) -> list[Case]:
    """Everything the processes of one run wrote."""
    files = sorted(folder.glob("*.jsonl"))
    return [Case(**json.loads(line)) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def summed(cases: Iterable[Case]) -> str:
    """The last line of `make soak`."""
    cases = tuple(cases)
    lost, doubled = sum(one.lost for one in cases), sum(one.doubled for one in cases)
    unsettled = sum(one.unsettled for one in cases)
    return f"{len(cases)} cases: {lost} lost, {doubled} doubled, {unsettled} unsettled and named"

"""Whole lives of a column that is kept by running processes, from one seed each: nothing before its time, nothing that
was skipped, held back or not approved, nothing during a pause, nothing twice, nothing lost.

A failing seed says how to replay it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bots.agenda import NOW, Entry, Today, Verb, about
from bots.ledger import Ruling
from bots.plan import Plan
from bots.rounds import Rounds
from tests.simcolumn import SEEDS, SOAKED, live
from tests.simulation import Memory
from tests.tally import Case, record

CHUNK = 10


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    made = Memory()
    yield made
    made.close()


def check(memory: Memory, folder: Path, seeds: range) -> None:
    bad = []
    for seed in seeds:
        outcome = live(seed, memory, folder)
        record(Case("simulated column", outcome.lost, outcome.doubled, outcome.doubts, seed))
        bad += [] if outcome.good else [outcome]
    assert not bad, "\n".join(map(str, bad))


@pytest.mark.survival
@pytest.mark.parametrize("first", SEEDS[::CHUNK])
def test_columns(memory: Memory, tmp_path: Path, first: int) -> None:
    check(memory, tmp_path, range(first, first + CHUNK))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(SEEDS.stop, SOAKED.stop, CHUNK))
def test_many_more_columns(memory: Memory, tmp_path: Path, first: int) -> None:
    check(memory, tmp_path, range(first, first + CHUNK))


def due_at_once(entry: Entry, moment: datetime | None, verb: Verb, today: Today) -> Entry:
    return replace(entry, verb=verb, why="a release that does not wait")


def never_approved(entry: Entry, hold: str | None, rulings: object, shown: bool, today: Today) -> Entry:
    return replace(entry, verb=Verb.PUBLISH, why="an approval that nobody waits for")


def always_now(value: str, moment: datetime, earlier: Ruling | None = None) -> str:
    return about(NOW, moment, earlier)


async def never_uncovered(rounds: Rounds, made: Plan) -> bool:
    return False


BUGS = [
    # what is replaced, by what, what comes to light
    ("bots.agenda._timed", due_at_once, "before its time"),
    ("bots.agenda._approved", never_approved, "not approved"),
    ("bots.answers.about", always_now, "skipped, and yet"),
    ("bots.rounds.Rounds._uncovered", never_uncovered, "is too much"),
]


@pytest.fixture
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A weektech with one of the bugs; what comes to light."""
    place, bug, words = request.param
    monkeypatch.setattr(place, bug)
    return str(words)


@pytest.mark.parametrize("broken", BUGS, indirect=True, ids=[row[2] for row in BUGS])
def test_a_bug_on_purpose_comes_to_light(memory: Memory, tmp_path: Path, broken: str) -> None:
    found = (wrong for seed in range(100) for wrong in live(seed, memory, tmp_path).wrongs)
    assert any(broken in wrong for wrong in found)

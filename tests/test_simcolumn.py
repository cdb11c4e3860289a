"""Whole lives of a column that is kept by running processes, from one seed each: nothing before its time, nothing that
was skipped, held back or not approved, nothing during a pause, nothing twice, nothing lost.

A failing seed says how to replay it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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

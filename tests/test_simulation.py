"""Whole lives from one seed each: nothing twice, nothing lost, in order, never after a pause, within every window.

A failing seed says how to replay it. Bugs on purpose (`breeds.py`) have to come to light.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.breeds import BREEDS
from tests.simulation import SEEDS, SOAKED, Breed, Memory, Outcome, live
from tests.tally import Case, record

CHUNK = 50
LONG_CHUNK = 250


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    made = Memory()
    yield made
    made.close()


def lived(memory: Memory, seed: int) -> Outcome:
    outcome = live(seed, memory)
    record(Case("simulated life", outcome.lost, outcome.doubled, outcome.doubts, seed))
    return outcome


def check(memory: Memory, seeds: range) -> None:
    outcomes = [lived(memory, seed) for seed in seeds]
    bad = [outcome for outcome in outcomes if not outcome.good]
    assert not bad, "\n".join(map(str, bad))
    assert any(outcome.deaths for outcome in outcomes)
    assert any(outcome.doubts for outcome in outcomes)


@pytest.mark.survival
@pytest.mark.parametrize("first", SEEDS[::CHUNK])
def test_lives(memory: Memory, first: int) -> None:
    check(memory, range(first, first + CHUNK))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(SEEDS.stop, SOAKED.stop, LONG_CHUNK))
def test_many_more_lives(memory: Memory, first: int) -> None:
    check(memory, range(first, min(first + LONG_CHUNK, SOAKED.stop)))


def test_a_life_can_be_replayed(memory: Memory) -> None:
    told: list[list[str]] = [[], []]
    for one in told:
        live(3, memory, tell=one.append)
    assert told[0] == told[1]
    assert told[0]


FAULTY = range(12)
"""The same troubles for each policy."""


def counted(memory: Memory, breed: Breed) -> tuple[bool, bool, bool]:
    """Whether anything was lost, doubled, or left in doubt and named."""
    outcomes = [live(seed, memory, breed) for seed in FAULTY]
    return any(o.lost for o in outcomes), any(o.doubled for o in outcomes), any(o.doubts for o in outcomes)


def test_three_policies_give_three_results_on_the_same_troubles(memory: Memory) -> None:
    results = [counted(memory, breed) for breed in (BREEDS["resending"], BREEDS["skipping"], Breed())]
    assert results == [(False, True, False), (True, False, False), (False, False, True)]


BUGS = [
    # breed, what comes to light
    ("hasty", "nothing"),
    ("retrying", "exceeded"),
    ("backwards", "in the order"),
    ("forgetful", "is still"),
    ("restless", "paused, and yet"),
    ("unbound", "exceeded"),
]


@pytest.mark.parametrize(("breed", "words"), BUGS, ids=[row[0] for row in BUGS])
def test_a_bug_on_purpose_comes_to_light(memory: Memory, breed: str, words: str) -> None:
    found = (wrong for seed in range(60) for wrong in live(seed, memory, BREEDS[breed]).wrongs)
    assert any(words in wrong for wrong in found)

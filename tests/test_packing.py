"""Sharing atoms out over messages: the fewest, and of those the ones cut where it hurts least."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.flow import RULE, Atom, Cut, Frame, Mark, MarkKind, Span, refine
from bots.packing import Run, pack


class Characters:
    """A platform that counts characters and nothing else."""

    def __init__(self, limit: int) -> None:
        self.room = self.limit = limit

    def weight(self, atom: Atom) -> tuple[int]:
        return (len(atom.text),)

    def may_fit(self, total: tuple[int, ...]) -> bool:
        return total[0] <= self.limit

    def fits(self, atoms: Sequence[Atom]) -> bool:
        return sum(len(atom.text) for atom in atoms) <= self.limit


def atoms_of(words: str) -> list[Atom]:
    """`cut:text` pairs, each an atom; `_` in the text is a space."""
    pairs = (word.partition(":") for word in words.split())
    return [Atom(Frame(1), Cut[cut.upper()], (Span(text.replace("_", " ")),)) for cut, _, text in pairs]


def texts(runs: Sequence[Run]) -> list[str]:
    return ["".join(atom.text for atom in run) for run in runs]


PREFERENCES = [
    ("what fits is one message", "block:aaa block:bbb", 6, ["aaabbb"]),
    ("messages are filled from the first on", "block:aa block:bb block:cc", 4, ["aabb", "cc"]),
    ("sub-headings before paragraphs", "block:aa subheading:bb block:cc", 4, ["aa", "bbcc"]),
    ("paragraphs before items", "block:aa block:bb item:cc", 4, ["aa", "bbcc"]),
    ("items before lines", "block:aa item:bb line:cc", 4, ["aa", "bbcc"]),
    ("lines before sentences", "block:aa line:bb sentence:cc", 4, ["aa", "bbcc"]),
    ("sentences before words", "block:aa sentence:bb block:c_d", 5, ["aabb", "c d"]),
    ("but never one message more than needed", "block:aa subheading:bb item:cc block:dd", 4, ["aabb", "ccdd"]),
    ("a word is cut to save a message", "block:aaaa block:b_b_b_b block:c", 7, ["aaaab ", "b b bc"]),
    ("a heading goes with what follows", "block:aaaa subheading:H never:bb", 5, ["aaaa", "Hbb"]),
    ("even if that takes a message more", "block:aaa subheading:HH never:bb block:c", 5, ["aaa", "HHbbc"]),
    ("and with part of it if all is too much", "subheading:HH never:b_b_b_b", 5, ["HHb ", "b b b"]),
    ("two headings in a row", "block:aa subheading:H never:h never:bb", 4, ["aa", "Hhbb"]),
    ("a promise is broken only if nothing else fits", "block:aaa never:bbb", 4, ["aaa", "bbb"]),
    ("a break asked for is made", "block:a forced:b block:c", 9, ["a", "bc"]),
    ("a rule at the edge of a message is left out", f"block:aaa block:{RULE} block:bbb", 6, ["aaa", "bbb"]),
    ("a rule inside stays", f"block:a block:{RULE} block:b", 6, [f"a{RULE}b"]),
]


@pytest.mark.parametrize(
    ("words", "limit", "expected"), [row[1:] for row in PREFERENCES], ids=[row[0] for row in PREFERENCES]
)
def test_preferences(words: str, limit: int, expected: list[str]) -> None:
    assert texts(pack(atoms_of(words), Characters(limit))) == expected


def test_nothing_makes_no_message() -> None:
    assert pack([], Characters(5)) == []


def test_a_link_is_not_cut_to_save_a_message() -> None:
    link = Span("b b b", (Mark(MarkKind.LINK, "https://x.com"),))
    atoms = [Atom(Frame(1), Cut.BLOCK, (Span("aaaa"),)), Atom(Frame(1), Cut.BLOCK, (link,))]
    assert texts(pack([*atoms, *atoms_of("block:cc")], Characters(6))) == ["aaaa", "b b b", "cc"]


class Fussy(Characters):
    """Like a platform with a rule the weights know nothing of: no message may hold two "x"."""

    def fits(self, atoms: Sequence[Atom]) -> bool:
        return super().fits(atoms) and sum(atom.text.count("x") for atom in atoms) < 2


def test_what_the_estimate_does_not_know_is_found_out() -> None:
    atoms = atoms_of("block:a block:x block:b block:x block:x subheading:c")
    assert texts(pack(atoms, Fussy(100))) == ["axb", "x", "xc"]


cuts = st.sampled_from([Cut.SUBHEADING, Cut.BLOCK, Cut.ITEM, Cut.LINE, Cut.SENTENCE, Cut.NEVER])
words = st.text("ab中 ", min_size=1, max_size=6).filter(str.strip)
sections = st.lists(
    st.builds(lambda cut, text: Atom(Frame(1), cut, (Span(text),)), cuts, words), min_size=1, max_size=8
)


@given(sections, st.integers(6, 16))
def test_no_message_is_too_long_and_nothing_is_lost(atoms: list[Atom], limit: int) -> None:
    runs = texts(pack(atoms, Characters(limit)))
    assert "".join(runs) == "".join(atom.text for atom in atoms)
    assert all(len(run) <= limit for run in runs)


@given(sections, st.integers(6, 16))
def test_no_division_is_better(atoms: list[Atom], limit: int) -> None:
    """Against trying every division between atoms: never more broken promises, then never more messages."""
    runs = pack(atoms, Characters(limit))
    broken = sum(run[0].cut is Cut.NEVER for run in runs[1:])
    assert (broken, len(runs)) <= _best(atoms, limit)


@given(sections, st.integers(6, 16))
def test_words_are_cut_only_to_save_something(atoms: list[Atom], limit: int) -> None:
    runs = pack(atoms, Characters(limit))
    broken = sum(run[0].cut is Cut.NEVER for run in runs[1:])
    if any(run[0].cut is Cut.WORD for run in runs):
        assert (broken, len(runs)) < _best(atoms, limit)


@given(sections, st.integers(6, 16))
def test_the_number_of_messages_is_the_least_possible(atoms: list[Atom], limit: int) -> None:
    """Without promises to keep, filling every message with as many words as it takes can't be beaten."""
    free = [Atom(atom.frame, Cut.BLOCK if atom.cut is Cut.NEVER else atom.cut, atom.spans) for atom in atoms]
    count, room = 0, 0
    for piece in (piece for atom in free for piece in refine(atom, limit)):
        if len(piece.text) > room:
            count, room = count + 1, limit
        room -= len(piece.text)
    assert len(pack(free, Characters(limit))) == count


def _best(atoms: Sequence[Atom], limit: int) -> tuple[int, int]:
    found = []
    for number in range(len(atoms)):
        for inner in combinations(range(1, len(atoms)), number):
            bounds = [0, *inner, len(atoms)]
            if all(sum(len(atom.text) for atom in atoms[a:b]) <= limit for a, b in pairwise(bounds)):
                found.append((sum(atoms[at].cut is Cut.NEVER for at in inner), number + 1))
    return min(found)

"""Sharing atoms out over messages: the fewest, and of those the ones cut where it hurts least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.flow import RULE, Atom, Cut, Frame, Mark, MarkKind, Span, flow, refine
from bots.layout.shortest import PAIN
from bots.markdown import read
from bots.packing import Measure, Run, Weight, pack
from bots.platforms.discord.measure import LIMIT, DiscordMeasure, overtaking
from bots.platforms.telegram.shape import TelegramMeasure


class Characters:
    """A platform that counts characters and nothing else."""

    def __init__(self, limit: int) -> None:
        self.room = self.limit = limit

    def weights(self, atoms: Sequence[Atom]) -> list[tuple[Weight, Weight]]:
        return [((len(atom.text),), (len(atom.text),)) for atom in atoms]

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


# ── against trying everything ────────────────────────────────────────────────────────────────────────────────────────


def words_of(atoms: Sequence[Atom], measure: Measure) -> list[Atom]:
    """The atoms in their smallest pieces; inside headings and captions no cut is allowed."""
    found: list[Atom] = []
    for atom in atoms:
        first, *others = refine(atom, measure.room)
        promised = atom.frame.heading > 0 or atom.caption
        found += [first, *(replace(word, cut=Cut.NEVER) if promised else word for word in others)]
    return found


Price = tuple[int, int, int]
"""Broken promises, messages, and the pain of the cuts."""


def best_price(atoms: Sequence[Atom], measure: Measure) -> Price:
    """Of all divisions between words into messages that fit, by looking at every possible message."""
    words = words_of(atoms, measure)
    best: list[Price] = [(0, 0, 0)]
    for end in range(1, len(words) + 1):
        starts = [at for at in range(end) if at == end - 1 or measure.fits(words[at:end])]
        best.append(min(_longer(best[at], words[at].cut if at else None) for at in starts))
    return best[-1]


def _longer(price: Price, cut: Cut | None) -> Price:
    broken, messages, pain = price
    return broken + (cut is Cut.NEVER), messages + 1, pain + (0 if cut is None else PAIN[cut])


def price_of(runs: Sequence[Run]) -> Price:
    cuts = [run[0].cut for run in runs[1:]]
    return sum(cut is Cut.NEVER for cut in cuts), len(runs), sum(PAIN[cut] for cut in cuts)


@given(sections, st.integers(6, 16))
def test_no_division_is_better(atoms: list[Atom], limit: int) -> None:
    """Neither by fewer broken promises, nor then by fewer messages, nor then by less painful cuts."""
    assert price_of(pack(atoms, Characters(limit))) == best_price(atoms, Characters(limit))


@given(sections, st.integers(6, 16))
def test_nor_where_the_estimate_is_wrong(atoms: list[Atom], limit: int) -> None:
    marked = [replace(atom, spans=(Span(atom.text.replace("b", "x")),)) for atom in atoms]
    assert price_of(pack(marked, Fussy(limit))) == best_price(marked, Fussy(limit))


INLINES = st.sampled_from(
    [
        *("word", "中文字", "a", "（注）", "(x", "句子。", "Yes.", "😀", r"\*", "a_b", "1.", "https://e.org/a_b"),
        *("**bold bits**", "*it*", "`co`", "~~s~~", "**a *b* c**", "[link](https://x.co/a)", "[**b**](https://e.org)"),
    ]
)
TEXTS = st.lists(INLINES, min_size=1, max_size=9).map(" ".join)
BLOCKS = st.one_of(
    TEXTS,
    TEXTS.map("> {}".format),
    TEXTS.map("#### {}".format),
    TEXTS.map("```py\n  {}\n\nx\n```".format),
    st.lists(st.builds("{}- {}".format, st.sampled_from(["", "", "  "]), TEXTS), min_size=1, max_size=3).map("\n".join),
    st.sampled_from(
        ["![alt](a.png)", '<p><img src="a.png"></p>\n<p align="center"><em>a caption</em></p>', "a\\\nb\\\nc"]
    ),
)
TELEGRAM = [TelegramMeasure(100, 40, 4, 40), TelegramMeasure(60, 20, 8, 40)]
DISCORD = [DiscordMeasure(reserve=LIMIT - 100, room=40), DiscordMeasure(reserve=LIMIT - 200, room=40)]


# The same examples in every run: what an odd mark costs on Discord is known to a character or two, not proved.
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(BLOCKS, min_size=1, max_size=5), st.sampled_from(TELEGRAM + DISCORD))
def test_no_division_is_better_on_the_platforms(blocks: list[str], measure: Measure) -> None:
    """With small messages, and what the platforms' measures count: entities, escapes, links, pictures, list markers."""
    atoms = list(flow(read("\n\n".join(blocks), 1).blocks, frozenset()))
    if isinstance(measure, DiscordMeasure):
        for at in overtaking(atoms):
            atoms[at] = replace(atoms[at], cut=Cut.FORCED)
    starts = [0, *(at for at, atom in enumerate(atoms) if at and atom.cut is Cut.FORCED), len(atoms)]
    for part in (atoms[a:b] for a, b in pairwise(starts)):
        if len(words_of(part, measure)) <= 50:
            assert price_of(pack(part, measure)) == best_price(part, measure)


def test_a_long_text_is_looked_at_a_number_of_times_that_grows_with_its_messages_alone() -> None:
    """Not with its words, nor with the square of anything."""
    assert [asked(length) for length in (10, 20, 40)] == pytest.approx([20, 40, 80], rel=0.5)


def asked(messages: int) -> int:
    """How often a section of so many messages is measured exactly."""

    class Counting(Characters):
        asked = 0

        def fits(self, atoms: Sequence[Atom]) -> bool:
            self.asked += 1
            return super().fits(atoms)

    measure = Counting(1000)
    sentence = "one of the sentences, "
    atoms = [Atom(Frame(1), Cut.SENTENCE, (Span(sentence),)) for _ in range(messages * 1000 // len(sentence))]
    pack(atoms, measure)
    return measure.asked

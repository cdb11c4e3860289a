"""Old messages of a section against its new ones: as many as can be become new ones, in reading order."""

from __future__ import annotations

import pytest

from bots.planning.aligning import align

PAIRS = [
    # old, new, pairs; capitals are pictures, which only fit pictures
    ("nothing at all", "", "", ""),
    ("all new", "", "aP", "-a -P"),
    ("all gone", "aP", "", "a- P-"),
    ("the picture comes first now, and the text goes on", "aP", "Pbc", "a- PP -b -c"),
    ("text comes first now, and another picture", "Pa", "bPQ", "P- ab -P -Q"),
    ("a picture more on either side", "ab", "PcQ", "a- -P bc -Q"),
    ("most of it stays, whatever comes first", "abcP", "Pabc", "-P aa bb cc P-"),
    ("pictures between, one text gone", "aPbQc", "PbQ", "a- PP bb QQ c-"),
]


@pytest.mark.parametrize(("old", "new", "pairs"), [one[1:] for one in PAIRS], ids=[one[0] for one in PAIRS])
def test_as_many_as_can_be_are_edited(old: str, new: str, pairs: str) -> None:
    found = align(old, new, lambda one, other: one.isupper() == other.isupper())
    assert " ".join(f"{one or '-'}{other or '-'}" for one, other in found) == pairs

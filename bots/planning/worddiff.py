"""What changed between two texts, word by word: a Chinese character is a word of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

CONTEXT = 12
"""Words shown on either side of a change."""

_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|\s+|[^\w\s]")


class Mode(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    SKIPPED = "skipped"
    """Unchanged text, too long to show; its `text` is an ellipsis."""


@dataclass(frozen=True, slots=True)
class Piece:
    mode: Mode
    text: str


def diff(old: str, new: str) -> tuple[Piece, ...]:
    """The changes in reading order with a little of what surrounds them; () when nothing changed."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if before == after:
        return ()
    pieces: list[Piece] = []
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for index, (kind, i1, i2, j1, j2) in enumerate(codes):
        if kind == "equal":
            pieces += _around(before[i1:i2], first=index == 0, last=index == len(codes) - 1)
        else:
            pieces += [Piece(Mode.REMOVED, "".join(before[i1:i2])), Piece(Mode.ADDED, "".join(after[j1:j2]))]
    return tuple(piece for piece in pieces if piece.text)


def line(pieces: Sequence[Piece]) -> str:
    """One line of plain text: `the [-old-]{+new+} word`."""
    shapes = {Mode.REMOVED: "[-{}-]", Mode.ADDED: "{{+{}+}}", Mode.SAME: "{}", Mode.SKIPPED: "{}"}
    return " ".join("".join(shapes[piece.mode].format(piece.text) for piece in pieces).split())


def _around(words: Sequence[str], *, first: bool, last: bool) -> list[Piece]:
    """Only the ends of a stretch that touch a change."""
    head = [] if first else words[:CONTEXT]
    tail = [] if last else words[-CONTEXT:]
    if len(head) + len(tail) >= len(words):
        return [Piece(Mode.SAME, "".join(words))]
    return [Piece(Mode.SAME, "".join(head)), Piece(Mode.SKIPPED, " … "), Piece(Mode.SAME, "".join(tail))]

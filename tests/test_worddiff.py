"""What an author reads of a correction: the words that changed, and a few around them."""

from __future__ import annotations

import pytest

from bots.planning.worddiff import CONTEXT, Mode, Piece, diff, line


def words(number: int, word: str = "w") -> str:
    """So many words with signs between them: each sign counts as one too, white space as well."""
    return word * bool(number) + "!" * (number - 1)


DIFFERENCES = [
    # before, after, the line the author reads
    ("", "", ""),
    ("the same", "the same", ""),
    ("", "new", "{+new+}"),
    ("old", "", "[-old-]"),
    ("the word is", "the term is", "the [-word-]{+term+} is"),
    ("first of all", "last of all", "[-first-]{+last+} of all"),
    ("all at last", "all at first", "all at [-last-]{+first+}"),
    ("one two", "one and two", "one {+and +}two"),
    ("周一升空", "周二升空", "周[-一-]{+二+}升空"),
    ("ロケット", "ロボット", "ロ[-ケ-]{+ボ+}ット"),
    ("\U00020000甲", "\U00020001甲", "[-\U00020000-]{+\U00020001+}甲"),
    ("第3版v2", "第4版v2", "第[-3-]{+4+}版v2"),
    ("snake_case", "snake_cases", "[-snake_case-]{+snake_cases+}"),
    ("Wait.", "Wait!", "Wait[-.-]{+!+}"),
    ("a  b", "a b", "a[- -]{+ +}b"),
    ("first " + "tick " * 300 + "last", "1st " + "tick " * 300 + "end",
     "[-first-]{+1st+} tick tick tick tick tick tick … tick tick tick tick tick tick [-last-]{+end+}"),
    ("one\ntwo three", "one\ntwo four", "one two [-three-]{+four+}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "read"), DIFFERENCES)
def test_the_words_that_changed(old: str, new: str, read: str) -> None:
    assert line(diff(old, new)) == read


SAME, REMOVED, ADDED, SKIPPED = Mode.SAME, Mode.REMOVED, Mode.ADDED, Mode.SKIPPED
ROOM = [
    # words before, between and behind two changes, how what stayed is shown
    (0, 1, 0, ["w"]),
    (CONTEXT, 1, CONTEXT, [words(CONTEXT), "w", words(CONTEXT)]),
    (CONTEXT + 1, 1, 0, ["", " … ", "!" * CONTEXT, "w"]),
    (0, 1, CONTEXT + 1, ["w", words(CONTEXT), " … "]),
    (0, 2 * CONTEXT, 0, [words(2 * CONTEXT)]),
    (0, 2 * CONTEXT + 1, 0, [words(CONTEXT), " … ", "!" * CONTEXT]),
]


@pytest.mark.parametrize(("before", "between", "behind", "stayed"), ROOM)
def test_only_what_touches_a_change_is_shown(before: int, between: int, behind: int, stayed: list[str]) -> None:
    old, new = (words(before) + one + words(between) + two + words(behind) for one, two in ("??", "。。"))
    found = diff(old, new)
    assert [piece.text for piece in found if piece.mode in {SAME, SKIPPED}] == [text for text in stayed if text]
    assert [piece for piece in found if piece.mode in {REMOVED, ADDED}] == [Piece(REMOVED, "?"), Piece(ADDED, "。")] * 2
    assert all((piece.mode is SKIPPED) == (piece.text == " … ") for piece in found)


WHOLE = [
    ("甲乙丙丁", "甲丙戊丁"),
    ("a b, c", "b, c d"),
    ("x\n\ty", "y\n\tx"),
    ("é e\u0301", "e\u0301 é"),
    ("👩\u200d🚀!", "🚀?"),
]


@pytest.mark.parametrize(("old", "new"), WHOLE)
def test_no_sign_of_a_short_text_is_lost(old: str, new: str) -> None:
    found = diff(old, new)
    assert "".join(piece.text for piece in found if piece.mode is not ADDED) == old
    assert "".join(piece.text for piece in found if piece.mode is not REMOVED) == new

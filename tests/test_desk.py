"""What the author is told at the command line: wrong numbers, nothing to show, a pause that is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.authors_desk import Desk, desk_in


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return desk_in(tmp_path, monkeypatch)


WRONG = [
    # what, words, what the author reads
    ("a question that was never asked", ["answer", "99", "publish"], "no question 99"),
    ("a message that is not there", ["settle", "99", "--again"], "Delivery 99 is not in doubt"),
    ("a message that has arrived", ["settle", "1", "--again"], "Delivery 1 is not in doubt"),
    ("a comment that is not there", ["moderate", "hide", "99"], "no comment 99"),
    ("the writer of a comment that is not there", ["moderate", "forget", "99"], "no comment 99"),
]


@pytest.mark.parametrize(("words", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_number_is_a_wrong_word_and_not_a_ledger_in_trouble(desk: Desk, words: list[str], says: str) -> None:
    assert says in desk.refuses(*words)
    assert desk.code(*words) == 2


def test_nobody_can_be_blocked_for_a_comment_whose_writer_is_forgotten(desk: Desk) -> None:
    desk.says("moderate", "forget", "2")
    for act in ("block", "forget"):
        assert desk.code("moderate", act, "2") == 2


def test_a_ledger_that_cannot_be_used_is_told_apart(desk: Desk) -> None:
    (desk.folder / "ledger.db").write_bytes(b"something else" * 1000)
    assert desk.code("moderate", "hide", "1") == 4

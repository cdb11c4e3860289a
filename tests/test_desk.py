"""What the author is told at the command line: wrong numbers, nothing to show, a pause that is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.ledger import IssueRow
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


# ── nothing to show ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """Whatever readers said is forgotten."""
    for number in ("1", "2"):
        desk.says("moderate", "forget", number)
    return desk


@pytest.mark.parametrize("words", [["comments"], ["comments", "one"], ["comments", "--json"], ["stats"]], ids=" ".join)
def test_that_nobody_answered_is_said(quiet: Desk, words: list[str]) -> None:
    assert "There are no answers of readers." in quiet.run(*words).stderr


@pytest.mark.parametrize("words", [["comments"], ["stats"], ["stats", "one"], ["stats", "--json"]], ids=" ".join)
def test_where_somebody_did_it_is_not(desk: Desk, words: list[str]) -> None:
    found = desk.run(*words)
    assert found.stdout
    assert not found.stderr


def test_what_every_reader_said_at_one_issue_is_enough(desk: Desk) -> None:
    ledger = desk.ledger()
    ledger.record(IssueRow("zero", "zero", "Zero", "posts/zero.md"), (), ())
    ledger.close()
    assert not desk.run("comments").stderr
    assert "There are no answers of readers." in desk.run("comments", "zero").stderr


@pytest.mark.parametrize("words", [["retry"], ["retry", "one"]], ids=" ".join)
def test_that_there_is_nothing_to_try_again_is_said(desk: Desk, words: list[str]) -> None:
    assert desk.run(*words).stderr == "There is nothing to try again.\n"
    assert desk.code(*words) == 0


def test_going_on_says_what_was_paused(desk: Desk) -> None:
    desk.says("pause", "the author is [away]")
    assert desk.says("resume") == "Going on. It was paused: the author is [away]\n"
    assert desk.says("resume") == "Nothing was paused.\n"


def test_what_nobody_could_be_told_stands_in_the_status(desk: Desk) -> None:
    ledger = desk.ledger()
    ledger.letters.write("post:1", "posts/two.md:2: the header is no YAML")
    ledger.close()
    assert "notice: posts/two.md:2: the header is no YAML" in desk.run("status").stderr

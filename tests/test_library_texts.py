"""The words of an issue that readers look up and search."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots.ledger import IssueText
from bots.model import LEAD, Issue, Post
from bots.planning.texts import texts_of
from bots.splitter import split

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def read(body: str, description: str = "") -> Issue:
    return split(Post(Path("post.md"), "post", "post", "One", body, 1, description, DAY))


def words(issue: Issue) -> list[str]:
    return [text.text for text in texts_of(issue, {one.id: one.id for one in issue.sections}).sections]


BODIES = [
    # what stands in the post, its description, the words of its lead and of its section
    ("a heading is the title already", "Hi.\n\n## A\n\nText.", "", ["Hi.", "Text."]),
    ("a description leads", "Hi.\n\n## A\n\nText.", "What it is about.", ["What it is about.\nHi.", "Text."]),
    ("a description alone", "## A\n\nText.", "What it is about.", ["What it is about.", "Text."]),
    ("paragraphs line by line", "Hi.\n\nYou.\n\n## A\n\nOne. Two.\n\nThree.", "", ["Hi.\nYou.", "One. \nTwo.\nThree."]),
    ("a heading below is text", "Hi.\n\n## A\n\n### B\n\nText.", "", ["Hi.", "B\nText."]),
    ("its own title once more is text", "Hi.\n\n## A\n\n### A\n\nText.", "", ["Hi.", "A\nText."]),
    ("nothing below a heading", "Hi.\n\n## A", "", ["Hi.", ""]),
    ("a lead that repeats the title", "One\n\n## A\n\nText.", "", ["", "Text."]),
    ("no empty lines, whatever is in the code", "Hi.\n\n## A\n\n```\na\n\nb\n```", "", ["Hi.", "a\nb"]),
    ("markup is not words", "**Hi** [you](https://x.org).\n\n## A\n\n> *Text*", "", ["Hi you.", "Text"]),
]


@pytest.mark.parametrize(("body", "description", "wanted"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES])
def test_the_words_of_a_section(body: str, description: str, wanted: list[str]) -> None:
    assert words(read(body, description)) == wanted


def test_sections_are_named_as_in_the_ledger_and_keep_their_order() -> None:
    made = texts_of(read("Hi.\n\n## A\n\nText.\n\n## B\n\nMore."), {LEAD: LEAD, "a": "a-new", "b": "old"})
    assert made.date == DAY
    assert made.sections == (
        IssueText(LEAD, "One", "Hi.", 0),
        IssueText("a-new", "A", "Text.", 1),
        IssueText("old", "B", "More.", 2),
    )

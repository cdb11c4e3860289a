"""Which section and which issue is which after the author changed the file: a wrong answer is a doubled message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots.ledger import IssueRow, SectionRow
from bots.model import LEAD, Issue, Post, Section
from bots.planning.matching import SAMPLE, describe, match, same_issue, same_path, same_post

ROCKETS = "A paragraph about rockets that is long enough to be recognised under another heading."
SOUP = "Something else entirely: soup recipes from a warm kitchen in the north, with bread."
MATHS = "Numbers, proofs, 12345 and 67890; why zero isn't a nice divisor? Because!"
YES, NO = ROCKETS + " Yes.", ROCKETS + " No!."


def rows(*sections: tuple[str, str], lead: str | None = "Hello") -> list[SectionRow]:
    """Sections as (title, text), described in order; a title written `id=Title` pins the id."""
    made = [] if lead is None else [Section(LEAD, "One", (), (), 1, lead)]
    for written, text in sections:
        pinned, _, name = written.rpartition("=")
        made.append(Section(pinned or name.lower(), name, (name,), (), 2, f"## {name}\n\n{text}"))
    return [describe(one, place) for place, one in enumerate(made)]


MATCHED = [
    # what the author did, the sections before and after, which old one each new one is
    ("nothing", rows(("A", ROCKETS), ("B", SOUP)), rows(("A", ROCKETS), ("B", SOUP)), {"a": "a", "b": "b"}),
    ("swapped the texts of two headings", rows(("A", ROCKETS), ("B", SOUP)), rows(("A", SOUP), ("B", ROCKETS)),
     {"a": "a", "b": "b"}),
    ("wrote a heading anew", rows(("A", ROCKETS)), rows(("N", ROCKETS)), {"n": "a"}),
    ("wrote a heading anew, and a few words", rows(("A", ROCKETS)), rows(("N", YES)), {"n": "a"}),
    ("wrote heading and text anew", rows(("A", ROCKETS)), rows(("N", SOUP)), {}),
    ("pinned another id and wrote the text anew", rows(("A", ROCKETS)), rows(("pin=A", SOUP)), {"pin": "a"}),
    ("pinned the old id to another heading", rows(("A", ROCKETS), ("B", SOUP)), rows(("a=N", SOUP), ("B", MATHS)),
     {"a": "a", "b": "b"}),
    ("pinned both of one heading anew", rows(("x=A", ROCKETS), ("y=A", SOUP)), rows(("p=A", SOUP), ("q=A", ROCKETS)),
     {"p": "y", "q": "x"}),
    ("pinned one of one heading anew, with another text", rows(("x=A", ROCKETS), ("y=A", SOUP)),
     rows(("x=A", ROCKETS), ("q=A", MATHS)), {"x": "x", "q": "y"}),
    ("two of one heading became one of another text", rows(("x=A", ROCKETS), ("y=A", SOUP)),
     rows(("p=A", MATHS)), {}),
    ("one heading became two of other texts", rows(("x=A", ROCKETS)), rows(("p=A", MATHS), ("q=A", SOUP)), {}),
    ("took out the first of one heading", rows(("x=A", ROCKETS), ("x-2=A", SOUP)), rows(("x=A", SOUP)), {"x": "x-2"}),
    ("took out the first, corrected the second", rows(("x=A", ROCKETS), ("x-2=A", SOUP)),
     rows(("x=A", SOUP + " More.")), {"x": "x-2"}),
    ("put another before the only one of its heading", rows(("x=A", ROCKETS)),
     rows(("x=A", SOUP), ("x-2=A", ROCKETS)), {"x-2": "x"}),
    ("put another before it, corrected it", rows(("x=A", ROCKETS)), rows(("x=A", SOUP), ("x-2=A", YES)), {"x-2": "x"}),
    ("corrected both of one heading", rows(("x=A", ROCKETS), ("x-2=A", SOUP)), rows(("x=A", MATHS), ("x-2=A", YES)),
     {"x": "x", "x-2": "x-2"}),
    ("took out one of two that say the same", rows(("x=A", SOUP), ("x-2=A", SOUP)), rows(("N", MATHS), ("x=A", SOUP)),
     {"x": "x"}),
    ("moved two and wrote their headings anew", rows(("A", ROCKETS), ("B", SOUP)), rows(("M", SOUP), ("N", ROCKETS)),
     {"m": "b", "n": "a"}),
    ("wrote two alike headings anew in place", rows(("A", YES), ("B", NO)),
     rows(("M", ROCKETS + " So."), ("N", ROCKETS + " Oh.")), {"m": "a", "n": "b"}),
    ("moved two alike ones, their text is as it was", rows(("A", YES), ("B", NO)), rows(("M", NO), ("N", YES)),
     {"m": "b", "n": "a"}),
    ("what is certain leaves one for the other", rows(("A", YES), ("B", NO)),
     rows(("X", SOUP), ("Y", MATHS), ("M", NO), ("N", ROCKETS + " Oh.")), {"m": "b", "n": "a"}),
    ("moved the opening below a heading", rows(lead=ROCKETS), rows(("N", ROCKETS)), {}),
    ("moved a section above the first heading", rows(("A", ROCKETS)), rows(lead=ROCKETS), {}),
    ("wrote an opening where there was none", rows(("A", ROCKETS), lead=None), rows(lead=ROCKETS), {}),
    ("left an opening that nobody had", rows(lead=ROCKETS), rows(("A", ROCKETS), lead=None), {}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "same"), [row[1:] for row in MATCHED], ids=[row[0] for row in MATCHED])
def test_a_section_is_recognised(old: list[SectionRow], new: list[SectionRow], same: dict[str, str]) -> None:
    found = match(new, old)
    lead = {LEAD: LEAD} if {LEAD} <= {row.id for row in new} & {row.id for row in old} else {}
    assert found.same == lead | same
    assert found.questions == ()


ASKED = [
    # what the author did, before and after, which are certain, the sections asked about and their possible answers
    (
        "one may be either of two",
        rows(("A", YES), ("B", NO)), rows(("X", SOUP), ("Y", MATHS), ("New", ROCKETS + " Oh.")),
        {}, [("“New”", "“A” or “B”", "{#a} or {#b}")],
    ),
    (
        "either of two may be the one",
        rows(("A", YES)), rows(("M", ROCKETS + " So."), ("N", ROCKETS + " Oh.")),
        {}, [("“M”", "“A”", "{#a}"), ("“N”", "“A”", "{#a}")],
    ),
    (
        "the same words twice, one of two sections had them",
        rows(("A", YES), ("B", NO)), rows(("M", YES), ("N", YES)),
        {}, [("“M”", "“A”", "{#a}"), ("“N”", "“A”", "{#a}")],
    ),
    (
        "both of two may be either, and a third is known",
        rows(("A", YES), ("B", NO), ("C", SOUP)),
        rows(("X", MATHS), ("C", SOUP), ("M", ROCKETS + " So."), ("N", ROCKETS + " Oh.")),
        {"c": "c"}, [("“M”", "“A” or “B”", "{#a} or {#b}"), ("“N”", "“A” or “B”", "{#a} or {#b}")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "same", "asked"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_two_possible_answers_are_asked_about(
    old: list[SectionRow], new: list[SectionRow], same: dict[str, str], asked: Sequence[tuple[str, str, str]]
) -> None:
    found = match(new, old)
    assert found.same == {LEAD: LEAD, **same}
    assert len(found.questions) == len(asked)
    for question, (section, names, pins) in zip(found.questions, asked, strict=True):
        assert f"section {section} may be {names} under a new heading" in question
        assert f"by writing {pins} behind its heading" in question


ALIKE = [
    # the opening before and after, whether it is the old section under a new heading
    ("as it was", "abcdefghij", "abcdefghij", True),
    ("six letters of ten stayed", "abcdefghij", "abcdef0123", True),
    ("five letters of ten stayed", "abcdefghij", "abcde01234", False),
    ("all but three of seven were taken out", "abcdefg", "abc", True),
    ("all but three of eight were taken out", "abcdefgh", "abc", False),
    ("all letters in another order", "abcdefghij", "hijfgdeabc", False),
    ("the same words over and over, and one more", "tick tock " * 40, "clack " + "tick tock " * 40, True),
]


@pytest.mark.parametrize(("before", "now", "same"), [row[1:] for row in ALIKE], ids=[row[0] for row in ALIKE])
def test_six_tenths_of_the_opening_make_a_section_the_same(before: str, now: str, same: bool) -> None:
    assert match(rows(("N", now)), rows(("A", before))).same == {LEAD: LEAD} | ({"n": "a"} if same else {})


OPENINGS = [
    # a section's Markdown, what it is recognised by
    ("## Rockets\n\nThey fly.\n\nFar.", "They fly.\n\nFar."),
    ("\n\n## Rockets\nThey fly.\n", "They fly."),
    ("   # Rockets\n\nThey fly.", "They fly."),
    ("<h2>Rockets</h2>\n\nThey fly.", "They fly."),
    ("Rockets\n=======\n\nThey fly.", "They fly."),
    ("Rockets\n---\nThey fly.", "They fly."),
    ("Rockets\n - \nThey fly.", "They fly."),
    ("They fly.\n\nFar.", "They fly.\n\nFar."),
    ("They fly.\nFar = near.", "They fly.\nFar = near."),
    ("They fly.", "They fly."),
    ("## Rockets", ""),
    ("", ""),
    ("## Rockets\n\n" + "字" * (SAMPLE + 1), "字" * SAMPLE),
    ("x" * (SAMPLE - 1) + "\n\nyz", "x" * (SAMPLE - 1) + "\n"),
]


@pytest.mark.parametrize(("source", "opening"), OPENINGS, ids=[repr(row[0][:24]) for row in OPENINGS])
def test_a_section_is_recognised_by_what_stands_below_its_heading(source: str, opening: str) -> None:
    assert describe(Section("a", "A", ("A",), (), 1, source), 3).sample == opening


def test_a_description_tells_heading_place_and_every_change_of_the_text() -> None:
    section = Section("a", "Aa", ("Top", "Aa"), (), 1, "## Aa\n\n" + ROCKETS)
    found = describe(section, 3)
    assert (found.id, found.title, found.path, found.position) == ("a", "Aa", ("Top", "Aa"), 3)
    assert found.digest == describe(section, 4).digest
    assert found.digest != describe(replace(section, source=section.source + "!"), 3).digest


# Issues


def a_post(name: str, path: str = "", slug: str = "") -> Post:
    return Post(
        Path(path or f"posts/{name}.md"), name, slug or name, name, "", 1, date=datetime(2026, 11, 1, tzinfo=UTC)
    )


def a_row(name: str, path: str = "", slug: str = "") -> IssueRow:
    return IssueRow(name, slug or f"{name}-slug", name, path or f"posts/{name}.md")


OLD, OTHER = a_row("old"), a_row("other")
POSTS = [
    # what the post is, what is known, which issue it is
    ("its id", a_post("old", "x/y.md"), [OTHER, OLD], "old"),
    ("its id, in the file of another", a_post("old", "posts/other.md"), [OTHER, OLD], "old"),
    ("its file, with the slug of another", a_post("new", "posts/old.md", "other-slug"), [OTHER, OLD], "old"),
    ("its slug", a_post("new", slug="old-slug"), [OTHER, OLD], "old"),
    ("a file that two issues had, and a slug", a_post("new", "posts/x.md", "b-slug"),
     [a_row("a", "posts/x.md"), a_row("b", "posts/x.md")], "b"),
    ("a slug that two issues have", a_post("new", slug="s"), [a_row("a", slug="s"), a_row("b", slug="s")], None),
    ("nothing known", a_post("new"), [OTHER, OLD], None),
    ("the first of all", a_post("new"), [], None),
]  # fmt: skip


@pytest.mark.parametrize(("post", "known", "found"), [row[1:] for row in POSTS], ids=[row[0] for row in POSTS])
def test_an_issue_is_recognised_by_id_then_file_then_slug(post: Post, known: list[IssueRow], found: str | None) -> None:
    row = same_post(post, iter(known))
    assert (row.id if row else None) == found


PATHS = [
    # as recorded, as given now, whether they are one file
    ("posts/a.md", "posts/a.md", True),
    ("posts/a.md", "/home/column/posts/a.md", True),
    ("/home/column/posts/a.md", "posts/a.md", True),
    ("a.md", "posts/a.md", True),
    ("posts/a.md", "drafts/a.md", False),
    ("posts/a.md", "posts/b.md", False),
    ("posts/a.md", "a.md/posts", False),
    ("a/index.md", "posts/a/index.md", True),
    ("a/index.md", "posts/b/index.md", False),
    ("index.md", "posts/b/index.md", False),
    ("_index.md", "posts/b/_index.md", False),
    ("", "posts/a.md", False),
    ("posts/a.md", "", False),
]


@pytest.mark.parametrize(("stored", "given", "same"), PATHS)
def test_a_file_is_the_same_wherever_the_program_was_started(stored: str, given: str, same: bool) -> None:
    assert same_path(stored, given) is same


def an_issue(*texts: str, post: Post | None = None) -> Issue:
    sections = (Section(f"s{number}", "S", ("S",), (), 1, text) for number, text in enumerate(texts))
    return Issue(post or a_post("new"), tuple(sections))


def digests_of(*texts: str) -> frozenset[str]:
    return frozenset(describe(section, 0).digest for section in an_issue(*texts).sections)


FIVE = ("one", "two", "three", "four", "five")
CONTENTS = [
    # the renamed file, the sections of the issues old and other, which one it is
    ("as it was", FIVE, FIVE, (), "old"),
    ("three of five as they were", (*FIVE[:3], "x", "y"), FIVE, (), "old"),
    ("two of five as they were", (*FIVE[:2], "x", "y", "z"), FIVE, (), None),
    ("empty openings say nothing", ("", " \n", "x"), ("", " \n", "one"), (), None),
    ("empty openings count for nothing", ("", " \n", "one"), FIVE, (), "old"),
    ("nothing in it", ("", " "), FIVE, (), None),
    ("a file without sections", (), FIVE, (), None),
    ("in two known issues", FIVE, FIVE, FIVE, None),
    ("in the second of two", FIVE, ("x",), FIVE, "other"),
]


@pytest.mark.parametrize(
    ("texts", "old", "other", "found"), [row[1:] for row in CONTENTS], ids=[row[0] for row in CONTENTS]
)
def test_a_renamed_file_is_recognised_by_what_stayed(
    texts: tuple[str, ...], old: tuple[str, ...], other: tuple[str, ...], found: str | None
) -> None:
    known = {"old": digests_of(*old), "other": digests_of(*other)}
    row = same_issue(an_issue(*texts), iter([OLD, OTHER]), known)
    assert (row.id if row else None) == found


def test_a_known_file_with_another_content_is_the_issue_it_was() -> None:
    issue = an_issue(*FIVE, post=a_post("old"))
    assert same_issue(issue, [OLD, OTHER], {"other": digests_of(*FIVE)}) == OLD


def test_an_issue_of_which_no_section_is_kept_is_no_other() -> None:
    assert same_issue(an_issue(*FIVE), [OLD], {}) is None

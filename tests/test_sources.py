"""What counts as a change of a section's source, and what never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bots.ledger.codec import digest
from bots.model import LEAD, Issue, Message, Section, Upload
from bots.planning.sources import UNREADABLE, Sources, as_planned, pictures, redrawn, unchanged
from tests.fakeworld import an_issue
from tests.planrows import message

ISSUE = an_issue("Hello", a="alpha", b="beta")
DAY = datetime(2026, 11, 1, tzinfo=UTC)
X, Y = Upload("1.jpg", "x.png"), Upload("2.jpg", "y.png")
LOST = replace(X, missing=True)
DIGESTS = {"x.png": "11", "y.png": "22"}
PHOTO, TEXT = message(files=(X,)), message()


def sources(issue: Issue, **names: str) -> Sources:
    return Sources(issue, {one.id: one.id for one in issue.sections} | names, DIGESTS)


def post(**values: Any) -> Issue:
    return replace(ISSUE, post=replace(ISSUE.post, **values))


def section(number: int, **values: Any) -> Issue:
    changed = [*ISSUE.sections]
    changed[number] = replace(changed[number], **values)
    return replace(ISSUE, sections=tuple(changed))


def touched(issue: Issue, **names: str) -> list[str]:
    """Sections that count as changed."""
    before, now = sources(ISSUE), sources(issue, **names)
    named = {one.id: names.get(one.id, one.id) for one in ISSUE.sections}
    return [old for old, new in named.items() if not unchanged(before.of(old, ()), now.of(new, ()))]


C = Section("c", "C", ("C",), (), 3, "gamma")
CHANGES = [
    # what the author did, the sections to be corrected
    ("nothing", ISSUE, []),
    ("a word in a section", section(1, source="alfa"), ["a"]),
    ("a word in the lead", section(0, source="Hallo"), [LEAD]),
    ("another heading stands in the contents", section(1, title="AA"), [LEAD]),
    ("another title", post(title="Two"), [LEAD]),
    ("another description", post(description="Something"), [LEAD]),
    ("other tags", post(tags=("new",)), [LEAD]),
    ("another day", post(date=DAY + timedelta(days=1)), [LEAD]),
    ("no day", post(date=None), [LEAD]),
    ("another hour of the day", post(date=DAY + timedelta(hours=9)), []),
    ("a section more", replace(ISSUE, sections=(*ISSUE.sections, C)), [LEAD]),
    ("another order", replace(ISSUE, sections=(ISSUE.sections[0], *ISSUE.sections[:0:-1])), [LEAD]),
    ("another file, another place in it", post(path=ISSUE.post.path / "x", first_line=9, slug="x"), []),
    ("what no reader sees", section(1, line=99, path=("X", "A"), errata=("20, not 30",)), []),
]


@pytest.mark.parametrize(("issue", "wanted"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_what_is_corrected(issue: Issue, wanted: list[str]) -> None:
    assert touched(issue) == wanted


def test_a_section_is_known_by_its_name_in_the_ledger() -> None:
    renamed = sources(ISSUE, a="old", b="a")
    assert renamed.of("old", ()) == sources(ISSUE).of("a", ())
    assert renamed.of("a", ()) == sources(ISSUE).of("b", ())


CARD = '\n["One", "About", "2026-11-01", ["x", "y"], [["lead", "One"], ["a", "A"], ["b", "B"]]]'
DAYLESS = '\n["One", "", "", [], [["lead", "One"], ["a", "A"], ["b", "B"]]]'


def test_what_a_ledger_recorded_stays_comparable() -> None:
    """Another way of hashing would correct every section of every issue."""
    found = sources(post(description="About", tags=("x", "y")))
    none = digest("[]")
    assert found.of("a", ()) == f"{digest('alpha')}:{none}"
    assert found.of(LEAD, ()) == f"{digest(f'Hello{CARD}')}:{none}"
    assert sources(post(date=None)).of(LEAD, ()) == f"{digest(f'Hello{DAYLESS}')}:{none}"
    both = digest('[["x.png", "11"], ["z.png", ""]]')
    assert found.of("b", [PHOTO, message(files=(Upload("3.jpg", "z.png"),))]) == f"{digest('beta')}:{both}"
    one = digest('[["x.png", "11"]]')
    assert found.own("w:p", PHOTO) == f"w:p:{one}"


PICTURES = [
    # the messages' pictures before and now, whether the section needs no correction
    ("the same", [PHOTO], [PHOTO], DIGESTS, True),
    ("drawn anew", [PHOTO], [PHOTO], {"x.png": "33"}, False),
    ("one more", [PHOTO], [PHOTO, message(files=(Y,))], DIGESTS, False),
    ("one less", [PHOTO, TEXT], [TEXT], DIGESTS, False),
    ("in other messages", [PHOTO, TEXT], [message(files=()), PHOTO], DIGESTS, True),
    ("in another order", [message(files=(X, Y))], [message(files=(Y, X))], DIGESTS, False),
    ("sent under another name", [PHOTO], [message(files=(replace(X, name="9.jpg"),))], DIGESTS, True),
    ("it can't be read now", [PHOTO], [message(files=(LOST,))], {}, True),
    ("it can be read again", [message(files=(LOST,))], [PHOTO], DIGESTS, False),
    ("one of two can't be read", [message(files=(X, Y))], [message(files=(Y, LOST))], DIGESTS, True),
]


@pytest.mark.parametrize(
    ("before", "now", "digests", "same"), [one[1:] for one in PICTURES], ids=[one[0] for one in PICTURES]
)
def test_a_section_s_pictures(before: list[Message], now: list[Message], digests: dict[str, str], same: bool) -> None:
    later = replace(sources(ISSUE), digests=digests)
    assert unchanged(sources(ISSUE).of("a", before), later.of("a", now)) is same


@pytest.mark.parametrize(
    ("before", "now", "other"),
    [("w:p:1", "w:p:1", False), ("w:p:1", "w:p:2", True), ("w:p:1", "v:q:1", False), ("w:p:1", "w:p:?", False)],
)
def test_a_picture_drawn_anew_is_sent_anew_and_one_that_is_lost_is_not(before: str, now: str, other: bool) -> None:
    assert redrawn(before, now) is other


PLANNED = [
    # the message, what its pictures are now, whether they are those it was planned with
    ("the same", PHOTO, DIGESTS, True),
    ("drawn anew since", PHOTO, {"x.png": "33"}, False),
    ("without any", TEXT, {}, True),
    ("lost since", PHOTO, {}, False),
]


@pytest.mark.parametrize(("one", "digests", "same"), [row[1:] for row in PLANNED], ids=[row[0] for row in PLANNED])
def test_a_message_goes_out_with_the_pictures_it_was_planned_with(
    one: Message, digests: dict[str, str], same: bool
) -> None:
    assert as_planned(sources(ISSUE).own("w:p", one), one, digests) is same


def test_what_was_planned_without_its_picture_goes_out_with_it() -> None:
    source = sources(ISSUE).own("w:p", message(files=(LOST,)))
    assert source == f"w:p:{UNREADABLE}"
    assert as_planned(source, PHOTO, DIGESTS)
    assert pictures((X,), DIGESTS) != pictures((X,), {}) != pictures((), {})

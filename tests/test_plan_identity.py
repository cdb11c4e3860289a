"""What an issue and its sections are called in the ledger, whatever becomes of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bots.ledger import Past
from bots.model import LEAD, Issue, Message, State
from bots.pacing import PLATFORMS, Pace
from bots.plan import Action, Plan, Wanted, approve, plan
from tests.planrows import NOON
from tests.test_plan import BEFORE, CHANNEL, LONG, OTHER, Plain, an_issue, planned, published, shown

NEW = "Nothing of the kind was ever written before; a third text about trains, bridges and rain."


def the_names(made: Plan) -> dict[str, str]:
    """Title to id in the ledger."""
    return {row.title: row.id for row in made.sections}


# Sections


def test_a_section_under_a_new_heading_keeps_its_name_everywhere() -> None:
    after = an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("Rockets", LONG + " Yes."), ("D", OTHER))
    made = planned(after, published(BEFORE))
    assert the_names(made)["Rockets"] == "c"
    contents = next(step.new for step in made.steps if step.new and step.new.slots)
    assert [slot.section for slot in contents.slots] == ["a", "b", "c", "d"]
    assert made.texts is not None
    assert [text.section for text in made.texts.sections] == [LEAD, "a", "b", "c", "d"]
    assert next(step.title for step in made.steps if step.section == "c") == "Rockets"


def test_a_section_that_leaves_is_named_by_the_title_it_had() -> None:
    made = planned(an_issue(("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)), published(BEFORE))
    assert [step.title for step in made.steps if step.action is Action.DELETE] == ["A"]


def test_a_new_section_never_takes_over_the_name_of_another_one() -> None:
    before = an_issue(("x=Notes", LONG), ("D", OTHER))
    after = an_issue(("x=Notes", NEW), ("x-2=Notes", LONG), ("D", OTHER))
    made = planned(after, published(before))
    assert [row.id for row in made.sections] == [LEAD, "x-new", "x", "d"]
    assert "send x-new/1" in shown(made)
    past = published(before)
    gone = replace(past.sections[1], id="x-new", title="Gone", path=("Gone",), sample="long gone", digest="0")
    made = planned(after, replace(past, sections=(*past.sections, gone)))
    assert [row.id for row in made.sections] == [LEAD, "x-new-new", "x", "d"]


def rows_of_c(past: Past, **values: object) -> Past:
    rows = (replace(row, **values) if row.section == "c" else row for row in past.deliveries)  # type: ignore[arg-type]
    return replace(past, deliveries=tuple(rows))


UNSEEN = [
    ("taken back", {"state": State.DELETED}),
    ("given up on, though it is still there", {"error_code": "left over"}),
]


@pytest.mark.parametrize("left", [row[1] for row in UNSEEN], ids=[row[0] for row in UNSEEN])
def test_a_section_the_issue_has_no_more_is_new_under_a_new_heading(left: dict[str, object]) -> None:
    past = rows_of_c(published(BEFORE), **left)
    after = an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("Rockets", LONG), ("D", OTHER))
    assert "send rockets/1" in shown(planned(after, past))
    assert "send c/2" in shown(planned(BEFORE, past)), "under its old one it is itself again"


# The issue


def withdrawn(past: Past) -> Past:
    assert past.issue is not None
    return replace(past, issue=replace(past.issue, withdrawn_at=NOON))


def moved(title: str, path: str, slug: str) -> Issue:
    return replace(BEFORE, post=replace(BEFORE.post, title=title, path=Path(path), slug=slug, id=slug))


def test_an_issue_keeps_its_id_and_slug_and_follows_its_file_in_title_and_path() -> None:
    first = planned(BEFORE, Past()).issue
    assert (first.id, first.slug, first.title, first.path) == ("one", "one", "One", "posts/one.md")
    past = published(BEFORE)
    later = planned(moved("Two", "posts/2026/two.md", "two"), past).issue
    assert past.issue is not None
    assert later == replace(past.issue, title="Two", path="posts/2026/two.md")
    assert later.revision == 1


def test_what_was_taken_back_elsewhere_stays_so_while_one_chat_is_corrected() -> None:
    past = withdrawn(published(BEFORE))
    made = planned(an_issue(("A", "alfa"), ("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)), past)
    assert shown(made) == ["edit a/1"]
    assert (made.issue.withdrawn_at, made.reasons) == (NOON, ())


def test_what_is_sent_again_is_withdrawn_no_more_and_needs_no_yes() -> None:
    past = withdrawn(published(BEFORE))
    gone = tuple(replace(row, state=State.DELETED) for row in past.deliveries)
    made = planned(BEFORE, replace(past, deliveries=gone))
    assert (made.counts[Action.SEND], made.issue.withdrawn_at, made.reasons) == (6, None, ())
    approve(made)


def test_what_was_adopted_as_a_whole_needs_a_yes() -> None:
    past = withdrawn(replace(published(BEFORE), deliveries=()))
    made = planned(BEFORE, past)
    assert len(made.reasons) == 1
    assert "adopted as published without this ledger" in made.reasons[0]
    assert planned(BEFORE, replace(published(BEFORE), deliveries=())).reasons == ()


# Destinations


def with_errata(issue: Issue, marks: Sequence[tuple[str, str]], only: frozenset[str] | None = None) -> Wanted:
    renderer = Plain()
    messages = renderer.render(issue, CHANNEL, frozenset())
    errata = [renderer.erratum(words, 1, Message(section, 1, "send", {}, ""), CHANNEL) for section, words in marks]
    return Wanted(CHANNEL, renderer, messages, errata, only)


def test_an_erratum_goes_by_the_ledger_s_name_of_its_section() -> None:
    after = an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("Rockets", LONG), ("D", OTHER))
    made = plan(after, [with_errata(after, [("rockets", "20, not 30")])], published(BEFORE))
    assert "send c/2" in shown(made)


def test_a_chat_that_takes_some_sections_gets_those_and_their_errata_alone() -> None:
    some = frozenset({LEAD, "a"})
    past = published(BEFORE)
    lead, a, *_ = past.deliveries
    past = replace(past, deliveries=(replace(lead, links={"a": a.url or ""}), a))
    made = plan(BEFORE, [with_errata(BEFORE, [("a", "one"), ("b", "two")], some)], past)
    assert shown(made) == ["send a/2"]


def test_how_long_it_takes_follows_the_platforms_pace() -> None:
    slow = {name: replace(one, chat=Pace(100.0), private=Pace(100.0)) for name, one in PLATFORMS.items()}
    wanted = [Wanted(CHANNEL, Plain(), Plain().render(BEFORE, CHANNEL, frozenset()))]
    assert plan(BEFORE, wanted, Past(), platforms=slow).seconds == pytest.approx(600)
    assert plan(BEFORE, wanted, Past()).seconds == pytest.approx(6 * 1.05)

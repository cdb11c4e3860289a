"""What a plan does to what is out there, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots.errors import PlanRefused
from bots.ledger import Delivery, IssueRow, Past, Task
from bots.ledger.rows import PASSED_OVER
from bots.model import LEAD, Button, Destination, Issue, Kind, Message, Post, Section, Slot, State, Upload
from bots.plan import Action, Limits, Plan, Wanted, approve, plan
from bots.planning.aligning import align
from bots.planning.matching import describe, match, same_issue, same_post
from bots.planning.worddiff import diff, line

GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@news")


@dataclass(frozen=True, slots=True)
class Plain:
    """A renderer: each paragraph a message, `![](x)` a photo, the lead one message that lists the sections."""

    upgrade: str = ""
    """What a newer renderer adds to every text."""

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        return [message for one in issue.sections for message in self.section(issue, one, unreadable)]

    def section(self, issue: Issue, section: Section, unreadable: frozenset[str]) -> list[Message]:
        if section.id == LEAD:
            others = issue.sections[1:]
            text = " ".join([section.source, *(one.title for one in others)]) + self.upgrade
            return [Message(LEAD, 1, "send", {"text": text}, text, slots=tuple(Slot(one.id, 0, 1) for one in others))]
        texts = [text for text in section.source.split("\n\n") if text]
        return [self.message(section.id, part, text, unreadable) for part, text in enumerate(texts, 1)]

    def message(self, section: str, part: int, text: str, unreadable: frozenset[str]) -> Message:
        text += self.upgrade
        if not text.startswith("![]("):
            return Message(section, part, "send", {"text": text}, text)
        name = text[4 : text.index(")")]
        files = (Upload(name, name, missing=name in unreadable),)
        return Message(section, part, "send" if name in unreadable else "photo", {"text": text}, text, files)

    def link(self, message: Message, urls: Mapping[str, str]) -> Message:
        return message

    def erratum(self, text: str, part: int, to: Message, destination: Destination) -> Message:
        words = f"Correction: {text}"
        inside = to.inside or destination.kind is Kind.FORUM
        return Message(to.section, part, "send", {"text": words}, words, inside=inside, answers=True)

    def withdrawn(self, message: Message) -> Message | None:
        struck = f"~{message.text}~"
        return replace(message, body={**message.body, "text": struck}, text=struck, slots=(), after=())

    def owns(self, message: Message) -> int:
        return 1

    def can_edit(self, old: Message, new: Message) -> bool:
        return old.method == new.method

    def with_buttons(self, message: Message, rows: Sequence[Sequence[Button]]) -> Message:
        return message

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        return content


def an_issue(*sections: tuple[str, str], lead: str = "Hello", title: str = "One") -> Issue:
    """Sections as (title, text); a title written `id=Title` pins the id."""
    made = [Section(LEAD, title, (), (), 1, lead)]
    for written, text in sections:
        pinned, _, name = written.rpartition("=")
        made.append(Section(pinned or name.lower(), name, (name,), (), 2, text))
    return Issue(Post(Path("posts/one.md"), "one", "one", title, "", 1, date=NOON), tuple(made))


def planned(issue: Issue, past: Past, *, upgrade: str = "", digests: Mapping[str, str] | None = None) -> Plan:
    renderer = Plain(upgrade)
    unreadable = frozenset(name for name, value in (digests or {}).items() if not value)
    return plan(issue, [Wanted(CHANNEL, renderer, renderer.render(issue, CHANNEL, unreadable))], past, digests)


def published(issue: Issue, *, digests: Mapping[str, str] | None = None) -> Past:
    """The ledger after the issue went out everywhere."""
    made = planned(issue, Past(), digests=digests)
    rows = tuple(
        Delivery(
            id=number,
            destination=change.destination,
            issue="one",
            section=change.section,
            part=change.part,
            seq=number,
            state=State.SENT,
            task=Task.NONE,
            payload=change.message,
            source=change.source,
            nonce=str(number),
            attempt=1,
            updated_at=NOON,
            links={} if change.message.slots else None,
            ids=(str(number),),
            url=f"https://chat/{number}",
        )
        for number, change in enumerate(made.changes(), 1)
    )
    urls = {row.section: row.url or "" for row in reversed(rows)}
    linked = tuple(
        replace(row, links={slot.section: urls[slot.section] for slot in row.payload.slots})
        if row.payload.slots
        else row
        for row in rows
    )
    return Past(replace(made.issue, revision=1), made.sections, linked)


def shown(made: Plan) -> list[str]:
    """The steps that do something, as `action section/part`."""
    return [f"{step.action} {step.section}/{step.part}" for step in made.steps if step.action is not Action.KEEP]


LONG = "A paragraph about rockets that is long enough to be recognised under another heading."
OTHER = "Something else entirely: soup recipes from a warm kitchen in the north, with bread."
BEFORE = an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER))

CHANGES = [
    # what the author did, the issue now, what the plan does
    ("nothing", BEFORE, []),
    (
        "corrected a word",
        an_issue(("A", "alfa"), ("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)),
        ["edit a/1"],
    ),
    (
        "wrote a new middle section",
        an_issue(("A", "alpha"), ("N", "new"), ("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)),
        ["send n/1", "edit lead/1"],
    ),
    (
        "let a section grow",
        an_issue(("A", "alpha\n\nmore"), ("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)),
        ["send a/2"],
    ),
    (
        "let a section shrink",
        an_issue(("A", "alpha"), ("B", "beta one"), ("C", LONG), ("D", OTHER)),
        ["delete b/2"],
    ),
    (
        "removed a section",
        an_issue(("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)),
        ["edit lead/1", "delete a/1"],
    ),
    (
        "changed a heading",
        an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("Rockets", LONG), ("D", OTHER)),
        ["edit lead/1"],
    ),
    (
        "changed a heading and a word under it",
        an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("Rockets", LONG + " Yes."), ("D", OTHER)),
        ["edit c/1", "edit lead/1"],
    ),
    (
        "pinned an id",
        an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("pin=C", LONG), ("D", OTHER)),
        [],
    ),
    (
        "moved a section",
        an_issue(("D", OTHER), ("A", "alpha"), ("B", "beta one\n\nbeta two"), ("C", LONG)),
        ["edit lead/1"],
    ),
    (
        "made a picture of words",
        an_issue(("A", "![](a.png)"), ("B", "beta one\n\nbeta two"), ("C", LONG), ("D", OTHER)),
        ["send a/2", "link lead/1", "delete a/1"],
    ),
]


@pytest.mark.parametrize(("issue", "steps"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_correction(issue: Issue, steps: list[str]) -> None:
    assert shown(planned(issue, published(BEFORE))) == steps


def test_a_first_plan_sends_all_in_order_and_links_the_contents_last() -> None:
    made = planned(BEFORE, Past())
    assert shown(made) == ["send lead/1", "send a/1", "send b/1", "send b/2", "send c/1", "send d/1", "link lead/1"]
    assert made.seconds == pytest.approx(6 * 1.05)
    assert [change.task for change in made.changes()] == [Task.SEND] * 6


def test_an_upgrade_of_the_renderer_edits_nothing() -> None:
    assert shown(planned(BEFORE, published(BEFORE), upgrade="!")) == []


def test_a_destination_added_later_gets_everything() -> None:
    second = replace(CHANNEL, name="second")
    renderer = Plain()
    wanted = [Wanted(one, renderer, renderer.render(BEFORE, one, frozenset())) for one in (CHANNEL, second)]
    made = plan(BEFORE, wanted, published(BEFORE))
    assert {step.action for step in made.of("channel")} == {Action.KEEP}
    assert [step.action for step in made.of("second")] == [Action.SEND] * 6 + [Action.LINK]


PICTURES = [
    # what became of the picture, hash before and now, steps
    ("it stayed", "x", "x", []),
    ("it was drawn anew", "x", "y", ["edit a/1"]),
    ("it can't be read now", "x", "", []),
]


@pytest.mark.parametrize(("before", "now", "steps"), [row[1:] for row in PICTURES], ids=[row[0] for row in PICTURES])
def test_a_picture_under_the_same_name(before: str, now: str, steps: list[str]) -> None:
    issue = an_issue(("A", "![](a.png)\n\nwords"), ("B", "beta"))
    past = published(issue, digests={"a.png": before})
    assert shown(planned(issue, past, digests={"a.png": now})) == steps


def changed(past: Past, section: str, **values: object) -> Past:
    """The past with one row otherwise."""
    rows = tuple(
        replace(row, **values) if row.section == section else row  # type: ignore[arg-type] # a table's values
        for row in past.deliveries
    )
    return replace(past, deliveries=rows)


UNFINISHED = [
    # how the row of section A was left, what the plan says of it
    ("never tried", {"state": State.PENDING, "task": Task.SEND, "ids": ()}, "send"),
    ("refused", {"state": State.FAILED, "task": Task.SEND, "ids": ()}, "send"),
    ("in doubt", {"state": State.IN_DOUBT, "task": Task.SEND, "ids": ()}, "blocked"),
    ("sending when the process died", {"state": State.SENDING, "task": Task.SEND, "ids": ()}, "blocked"),
    ("being deleted", {"state": State.PENDING, "task": Task.DELETE}, "delete"),
]


@pytest.mark.parametrize("text", ["alpha", "alfa"], ids=["unchanged", "corrected since"])
@pytest.mark.parametrize(("left", "action"), [row[1:] for row in UNFINISHED], ids=[row[0] for row in UNFINISHED])
def test_what_an_earlier_run_left(left: dict[str, object], action: str, text: str) -> None:
    before = an_issue(("A", "alpha"), ("B", "beta"))
    past = changed(published(before), "a", **left)
    made = planned(an_issue(("A", text), ("B", "beta")), past)
    assert f"{action} a/1" in shown(made)
    if action == "send":
        assert next(step.new.text for step in made.steps if step.section == "a" and step.new) == text


MISSED = {"state": State.SENT, "task": Task.NONE, "ids": (), "error_code": PASSED_OVER, "error": "Unknown."}
PASSED = [
    # the section now, what the plan does about the message that may be missing
    ("alpha", []),
    ("alfa", ["send a/1"]),
    ("alpha\n\nmore", ["send a/2"]),
    (None, ["delete a/1"]),
]


@pytest.mark.parametrize(("text", "steps"), PASSED, ids=["unchanged", "corrected", "grown", "left the file"])
def test_what_was_passed_over_is_sent_only_when_it_was_corrected(text: str | None, steps: list[str]) -> None:
    before = an_issue(("A", "alpha"), ("B", "beta"))
    past = changed(published(before), "a", **MISSED)
    sections = [("A", text), ("B", "beta")] if text else [("B", "beta")]
    made = planned(an_issue(*sections), past)
    assert [step for step in shown(made) if " a/" in step] == steps
    assert not [one for one in made.changes() if one.section == "a" and one.part == 1 and one.task is Task.NONE]


def test_a_newer_renderer_sends_nothing_that_was_passed_over() -> None:
    before = an_issue(("A", "alpha"), ("B", "beta"))
    made = planned(before, changed(published(before), "a", **MISSED), upgrade="!")
    assert [step for step in shown(made) if " a/" in step] == []


def test_a_contents_message_that_was_passed_over_gets_no_links() -> None:
    before = an_issue(("A", "alpha"), ("B", "beta"))
    assert shown(planned(before, changed(published(before), "lead", **MISSED))) == []


def test_an_edit_that_was_begun_is_made_again_even_when_the_author_took_it_back() -> None:
    before = an_issue(("A", "alpha"), ("B", "beta"))
    target = Message("a", 1, "send", {"text": "alfa"}, "alfa")
    left = {"task": Task.EDIT, "target": target, "target_source": "x:y:z"}
    begun = changed(published(before), "a", state=State.SENDING, **left)
    assert shown(planned(before, begun)) == ["edit a/1"]
    waiting = changed(published(before), "a", state=State.PENDING, **left)
    made = planned(before, waiting)
    assert shown(made) == []
    assert [change.task for change in made.changes()] == [Task.NONE]


def test_two_possible_answers_are_a_question() -> None:
    before = an_issue(("A", "x"), ("Left", LONG + " Yes."), ("Right", LONG + " No!."))
    after = an_issue(("N", "new"), ("M", "more"), ("A", "x"), ("New", LONG + " But."))
    made = planned(after, published(before))
    assert "“New” may be “Left” or “Right”" in made.questions[0]
    assert "writing {#left} or {#right} behind its heading" in made.questions[0]
    with pytest.raises(PlanRefused, match="under a new heading"):
        approve(made, yes=True)


REFUSED = [
    ("much of it is gone", an_issue(("A", "alpha")), "take 4 of 6 messages back"),
    (
        "the end is gone",
        an_issue(("A", "alpha"), ("B", "beta one\n\nbeta two"), ("C", LONG)),
        "is the file cut off",
    ),
]


@pytest.mark.parametrize(("issue", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_large_change_needs_a_yes(issue: Issue, reason: str) -> None:
    made = planned(issue, published(BEFORE))
    with pytest.raises(PlanRefused, match=reason):
        approve(made)
    approve(made, yes=True)


def test_more_sends_than_one_run_allows_need_a_yes() -> None:
    with pytest.raises(PlanRefused, match="6 messages, more than the 5"):
        approve(planned(BEFORE, Past()), Limits(sends=5))


def test_a_shifted_duplicate_heading_is_recognised_by_its_text() -> None:
    before = [("x=Notes", LONG), ("x-2=Notes", OTHER)]
    old = [describe(one, place) for place, one in enumerate(an_issue(*before).sections)]
    new = [describe(one, place) for place, one in enumerate(an_issue(("x=Notes", OTHER)).sections)]
    assert match(new, old).same == {LEAD: LEAD, "x": "x-2"}


# Issues


def a_post(name: str, day: int, *, draft: bool = False, slug: str = "") -> Post:
    date = datetime(2026, 11, day, tzinfo=UTC)
    return Post(Path(f"posts/{name}.md"), name, slug or name, name, "", 1, date=date, draft=draft)


KNOWN = IssueRow("old", "old-slug", "Old", "posts/old.md")

RENAMES = [
    ("the same id", replace(a_post("new", 1), id="old"), True),
    ("the same file", replace(a_post("new", 1), path=Path("/home/column/posts/old.md")), True),
    ("the same slug", a_post("new", 1, slug="old-slug"), True),
    ("nothing in common", a_post("new", 1), False),
]


@pytest.mark.parametrize(("post", "same"), [row[1:] for row in RENAMES], ids=[row[0] for row in RENAMES])
def test_an_issue_is_recognised(post: Post, same: bool) -> None:
    assert same_post(post, [KNOWN]) == (KNOWN if same else None)


def test_a_renamed_file_is_recognised_by_its_content() -> None:
    renamed = replace(BEFORE, post=a_post("new", 1))
    digests = frozenset(describe(section, 0).digest for section in BEFORE.sections)
    assert same_issue(renamed, [KNOWN], {"old": digests}) == KNOWN
    assert same_issue(an_issue(("A", "alpha"), ("N", "new")), [KNOWN], {"old": frozenset()}) is None


# Differences


def test_word_differences_read_well() -> None:
    cases = (GOLDEN / "plan_diff.txt").read_text(encoding="utf-8").strip().split("\n\n")
    for case in cases:
        old, new, expected = case.splitlines()
        assert line(diff(old, new)) == expected


ALIGNED = [
    # old, new, pairs; capitals are pictures, which only fit pictures
    ("grown at its end", "ab", "abc", "aa bb -c"),
    ("grown in the middle: the text flows on", "ab", "axb", "aa bx -b"),
    ("a picture holds its place", "aPb", "axPb", "aa -x PP bb"),
    ("shrunk", "abc", "ab", "aa bb c-"),
    ("a picture became words", "aPb", "axb", "aa P- bx -b"),
]


@pytest.mark.parametrize(("old", "new", "pairs"), [row[1:] for row in ALIGNED], ids=[row[0] for row in ALIGNED])
def test_parts_are_aligned_in_reading_order(old: str, new: str, pairs: str) -> None:
    found = align(old, new, lambda one, other: one.isupper() == other.isupper())
    assert " ".join(f"{one or '-'}{other or '-'}" for one, other in found) == pairs

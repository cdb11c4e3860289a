"""What a running weektech does about an issue: a table of situations, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots.agenda import (
    APPROVAL,
    APPROVED,
    HELD,
    NOW,
    PREVIEW,
    RELEASE,
    SKIP,
    Entry,
    Known,
    Today,
    Verb,
    agenda,
    by_name,
    content,
    wake,
)
from bots.config import ReleaseRules
from bots.ledger import IssueRow, Ruling
from bots.model import Post
from bots.releases import Slot

ZONE = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
"""09:00 in Berlin."""
START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
POST = Post(
    Path("posts/one.md"),
    "one",
    "one",
    "One",
    "# A\ntext",
    1,
    date=datetime(2026, 11, 27, tzinfo=ZONE),
    date_only=True,
)
ROW = IssueRow("one", "one", "One", "posts/one.md", 1)
OUT = replace(ROW, first_published_at=DUE)
RULES = ReleaseRules(slot=Slot.parse("09:00"))
APPROVING = replace(RULES, approval=3 * HOUR)


def said(value: str, made_at: datetime = DUE) -> Ruling:
    return Ruling(value, "77", made_at)


@dataclass(frozen=True, slots=True)
class Case:
    """A situation and what is to be done."""

    after: timedelta
    """How long after its time it is."""
    verb: Verb
    why: str
    post: Post = POST
    row: IssueRow | None = None
    rules: ReleaseRules = RULES
    rulings: dict[str, Ruling] | None = None
    restless: bool = False


SHOWN = {PREVIEW: said(content(POST))}
EDITED = replace(POST, body="# A\nother text")
CASES = {
    "before its time it waits": Case(-HOUR, Verb.WAIT, "waits for its time"),
    "at its time it goes out": Case(timedelta(), Verb.PUBLISH, "due for 0 s"),
    "an hour late it goes out": Case(HOUR, Verb.PUBLISH, "due for 1 h"),
    "at the end of the window it goes out": Case(24 * HOUR, Verb.PUBLISH, "due for 1 d"),
    "behind the window the author is asked": Case(25 * HOUR, Verb.ASK, "1 d 1 h late"),
    "behind the window, publish": Case(25 * HOUR, Verb.PUBLISH, "due for", rules=replace(RULES, late="publish")),
    "behind the window, skip": Case(25 * HOUR, Verb.SKIP, "late", rules=replace(RULES, late="skip")),
    "the author said now": Case(90 * HOUR, Verb.PUBLISH, "as you said", rulings={RELEASE: said(NOW)}),
    "the author said now before its time": Case(-HOUR, Verb.PUBLISH, "as you said", rulings={RELEASE: said(NOW)}),
    "the author said skip": Case(HOUR, Verb.REST, "skipped", rulings={RELEASE: said(SKIP)}),
    "the author said later": Case(
        25 * HOUR, Verb.WAIT, "waits", rulings={RELEASE: said("2026-12-04T09:00 Europe/Berlin")}
    ),
    "later has come": Case(169 * HOUR, Verb.PUBLISH, "1 h", rulings={RELEASE: said("2026-12-04T09:00 Europe/Berlin")}),
    "a draft": Case(HOUR, Verb.REST, "draft", post=replace(POST, draft=True)),
    "without a date": Case(HOUR, Verb.REST, "no date", post=replace(POST, date=None)),
    "from before the start": Case(
        -HOUR, Verb.REST, "start", post=replace(POST, date=datetime(2026, 10, 1, tzinfo=ZONE))
    ),
    "at an hour that does not exist": Case(
        HOUR,
        Verb.REST,
        "does not exist",
        post=replace(POST, date=datetime(2027, 3, 28, tzinfo=ZONE)),
        rules=replace(RULES, slot=Slot.parse("02:30")),
    ),
    "out there it is corrected": Case(HOUR, Verb.CORRECT, "published", row=OUT),
    "out there and made a draft": Case(HOUR, Verb.REST, "draft", row=OUT, post=replace(POST, draft=True)),
    "taken back": Case(HOUR, Verb.REST, "withdrawn or adopted", row=replace(OUT, withdrawn_at=DUE)),
    "planned, and nothing sent yet": Case(HOUR, Verb.PUBLISH, "due", row=ROW),
    "long before its time nobody is asked to approve": Case(-4 * HOUR, Verb.WAIT, "will be shown", rules=APPROVING),
    "it is shown three hours before": Case(-3 * HOUR, Verb.PREVIEW, "to be shown", rules=APPROVING),
    "it is not shown while it is being written": Case(
        -3 * HOUR, Verb.WAIT, "being written", rules=APPROVING, restless=True
    ),
    "it waits for the answer": Case(
        -HOUR, Verb.WAIT, APPROVAL, rules=APPROVING, row=replace(ROW, hold=APPROVAL), rulings=SHOWN
    ),
    "it waits for the answer beyond its time": Case(
        HOUR, Verb.WAIT, APPROVAL, rules=APPROVING, row=replace(ROW, hold=APPROVAL), rulings=SHOWN
    ),
    "changed before the answer it is shown again": Case(
        -HOUR, Verb.PREVIEW, "shown", rules=APPROVING, row=replace(ROW, hold=APPROVAL), rulings=SHOWN, post=EDITED
    ),
    "held back": Case(HOUR, Verb.WAIT, HELD, rules=APPROVING, row=replace(ROW, hold=HELD), rulings=SHOWN),
    "held back and changed it is shown again": Case(
        HOUR, Verb.PREVIEW, "shown", rules=APPROVING, row=replace(ROW, hold=HELD), rulings=SHOWN, post=EDITED
    ),
    "approved it waits for its time": Case(
        -HOUR, Verb.WAIT, "its time", rules=APPROVING, row=replace(ROW, hold=APPROVED), rulings=SHOWN
    ),
    "approved it goes out at its time": Case(
        HOUR, Verb.RELEASE, "due", rules=APPROVING, row=replace(ROW, hold=APPROVED), rulings=SHOWN
    ),
    "approved and then changed, the approved one goes out": Case(
        HOUR, Verb.RELEASE, "due", rules=APPROVING, row=replace(ROW, hold=APPROVED), rulings=SHOWN, post=EDITED
    ),
    "approved a day late nobody is asked again": Case(
        30 * HOUR,
        Verb.RELEASE,
        "due for 1 h",
        rules=APPROVING,
        row=replace(ROW, hold=APPROVED),
        rulings=SHOWN | {APPROVAL: said("yes", DUE + 29 * HOUR)},
    ),
    "approved in time and two days down": Case(
        48 * HOUR,
        Verb.ASK,
        "late",
        rules=APPROVING,
        row=replace(ROW, hold=APPROVED),
        rulings=SHOWN | {APPROVAL: said("yes", DUE - HOUR)},
    ),
}


def entry(case: Case) -> Entry:
    known = Known((case.row,) if case.row else (), {"one": case.rulings or {}}, START)
    today = Today(case.rules, ZONE, DUE + case.after, frozenset({POST.path}) if case.restless else frozenset())
    (found,) = agenda([case.post], known, today)
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_is_to_be_done(name: str) -> None:
    case = CASES[name]
    found = entry(case)
    assert (found.verb, found.issue) == (case.verb, "one")
    assert case.why in found.why


def test_it_wakes_when_something_changes_by_itself() -> None:
    waiting = entry(Case(-HOUR, Verb.WAIT, ""))
    approval = entry(Case(-9 * HOUR, Verb.WAIT, "", rules=APPROVING))
    assert (waiting.wake, approval.wake) == (DUE, DUE - 3 * HOUR)
    assert wake([waiting, approval], DUE - 9 * HOUR) == DUE - 3 * HOUR
    assert wake([waiting], DUE) is None


def test_an_agenda_says_the_same_however_often_it_is_made() -> None:
    assert entry(CASES["an hour late it goes out"]) == entry(CASES["an hour late it goes out"])


def test_by_name_all_corrections_and_the_newest_issue() -> None:
    dated = [replace(POST, id=name, slug=name, path=Path(f"posts/{name}.md")) for name in ("a", "b", "c", "d")]
    dated[1] = replace(dated[1], date=datetime(2026, 11, 26, tzinfo=ZONE))
    dated[2] = replace(dated[2], date=datetime(2026, 12, 24, tzinfo=ZONE))
    row = IssueRow("d", "d", "D", "posts/d.md", 1, DUE)
    entries = agenda(dated, Known((row,), {}, START), Today(RULES, ZONE, DUE + HOUR))
    assert [one.issue for one in entries] == ["b", "a", "d", "c"]
    assert by_name(entries) == (Path("posts/d.md"), Path("posts/a.md"))


DAY = datetime(2026, 11, 1, tzinfo=ZONE)
NAMED = [
    # what is published, where the start is, what `publish` without a name is about
    ("a start after the newest: nothing", [], 21, []),
    ("a start before the newest: only that", [], 10, ["c"]),
    ("the published ones, to be corrected", ["a"], 21, ["a"]),
    ("both", ["a"], 10, ["a", "c"]),
    ("the newest once", ["c"], 10, ["c"]),
]


@pytest.mark.parametrize(("ids", "start", "names"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_an_empty_ledger_never_publishes_the_archive(ids: list[str], start: int, names: list[str]) -> None:
    days = {"a": 1, "b": 8, "c": 15, "draft": 20, "future": 29}
    read = [
        replace(POST, id=name, slug=name, path=Path(f"{name}.md"), date=DAY.replace(day=day), draft=name == "draft")
        for name, day in days.items()
    ]
    rows = tuple(IssueRow(name, name, name, f"{name}.md", 1, DAY) for name in ids)
    known = Known(rows, {}, DAY.replace(day=start))
    entries = agenda(read, known, Today(RULES, ZONE, DAY.replace(day=16, hour=12)))
    assert [path.stem for path in by_name(entries)] == names


def test_an_approved_issue_is_left_to_the_running_process() -> None:
    approved = entry(CASES["approved it goes out at its time"])
    assert (approved.verb, by_name([approved])) == (Verb.RELEASE, ())


def test_what_was_begun_is_not_begun_anew() -> None:
    known = Known((ROW,), {}, START, begun=frozenset({"one"}))
    (found,) = agenda([POST], known, Today(RULES, ZONE, DUE + 90 * HOUR))
    assert found.verb is Verb.CORRECT


def test_withdrawn_in_one_chat_it_is_corrected_in_the_others() -> None:
    known = Known((replace(OUT, withdrawn_at=DUE),), {}, START, staying=frozenset({"one"}))
    (found,) = agenda([POST], known, Today(RULES, ZONE, DUE + HOUR))
    assert found.verb is Verb.CORRECT

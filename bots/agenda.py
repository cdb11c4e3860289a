"""What a running weektech has to do about each issue now, and when to look again. Pure: values in, values out.

Nothing here remembers anything: whatever the clock does, an agenda made from the same posts and the same ledger says
the same, so a restart, a suspended machine or a missed alarm change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from bots.config import ReleaseRules
from bots.durations import in_words
from bots.ledger import IssueRow, Ruling
from bots.ledger.codec import digest
from bots.model import Post
from bots.planning.matching import same_post
from bots.releases import Release, at, release_of

APPROVAL, APPROVED, HELD = "waits for approval", "approved", "held back"
"""What `IssueRow.hold` says."""
RELEASE = "release"
"""The ruling about when an issue goes out: `now`, `skip`, or a local time and a zone; see `about`."""
NOW, SKIP = "now", "skip"
_OF = " of "
PREVIEW = "preview"
"""The ruling that says which content the author was shown, by its hash."""

ON_TIME = timedelta(minutes=1)
"""An issue goes out at its time as it is; one that is later than this, once its file was left alone."""


class Verb(StrEnum):
    """What an issue needs."""

    PUBLISH = "publish"
    """It is due."""
    RELEASE = "release"
    """It is due as it was approved, whatever the file says by now."""
    PREVIEW = "preview"
    """The author is to see and approve it."""
    ASK = "ask"
    """It is too late to go out without being asked."""
    SKIP = "skip"
    """It is too late, and the column's rule is to leave it out."""
    CORRECT = "correct"
    """It is out there: what changed in the file is a correction."""
    WAIT = "wait"
    """Its time comes, or the author's answer does."""
    REST = "rest"
    """Nothing happens to it by itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One issue on the agenda."""

    path: Path
    issue: str
    """Id in the ledger, or the one it will get."""
    title: str
    verb: Verb
    why: str
    """In words, for `weektech schedule`."""
    release: Release | None = None
    """When it is or was due."""
    wake: datetime | None = None
    """When something changes by itself."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger and the author say about the issues."""

    issues: tuple[IssueRow, ...]
    rulings: Mapping[str, Mapping[str, Ruling]]
    """By issue, by what they are about."""
    start: datetime
    """No issue due before this goes out by itself."""
    begun: frozenset[str] = frozenset()
    """Issues of which something was handed to a platform, whatever became of it."""
    staying: frozenset[str] = frozenset()
    """Issues of which readers see something that is to stay, though they may be withdrawn elsewhere."""
    renamed: Mapping[Path, str] = field(default_factory=dict)
    """Post to the issue that its content says it is, where nothing else does."""


@dataclass(frozen=True, slots=True)
class Today:
    """By what an agenda is made."""

    rules: ReleaseRules
    zone: ZoneInfo
    now: datetime
    restless: frozenset[Path] = frozenset()
    """Files that changed a moment ago and may change again."""


def agenda(posts: Iterable[Post], known: Known, today: Today) -> tuple[Entry, ...]:
    """An entry for each post, in the order of their releases; those without one come last."""
    entries = [_entry(post, known, today) for post in posts]
    return tuple(sorted(entries, key=lambda entry: (entry.release is None, _moment(entry, today), entry.issue)))


def wake(entries: Iterable[Entry], now: datetime) -> datetime | None:
    """The next moment at which an agenda will say something else by itself."""
    return min((entry.wake for entry in entries if entry.wake is not None and entry.wake > now), default=None)


def by_name(entries: Sequence[Entry]) -> tuple[Path, ...]:
    """What `weektech publish` without a post is about: all corrections, and the newest issue that is due.

    The author is there, so nobody has to be asked about its being late. What was approved is left to the running
    process, which sends it as it was approved.
    """
    out = [entry.path for entry in entries if entry.verb is Verb.CORRECT]
    due = [entry.path for entry in entries if entry.verb in {Verb.PUBLISH, Verb.ASK, Verb.SKIP}]
    return (*out, *due[-1:])


def content(post: Post) -> str:
    """Hash of what readers would get of a post: an approval is worth nothing for any other content."""
    return digest(json.dumps([post.title, post.description, str(post.date), post.tags, post.body]))


def about(value: str, moment: datetime, earlier: Ruling | None = None) -> str:
    """The value of a ruling about an issue that was due at `moment`, to which an earlier one may have put it off.

    It holds as long as the file names the moment it was due at first: with another date the author decides anew.
    """
    put_off, _, first = earlier.value.partition(_OF) if earlier else ("", "", "")
    named = first if first and put_off not in {NOW, SKIP} and _at(put_off).moment == moment else moment.isoformat()
    return f"{value}{_OF}{named}"


def _at(ruled: str) -> Release:
    written, _, zone = ruled.partition(" ")
    return at(datetime.fromisoformat(written), ZoneInfo(zone))


def _standing(rulings: Mapping[str, Ruling], own: Release | None) -> Mapping[str, Ruling]:
    """The rulings without one about a date that the file does not name any more."""
    if RELEASE not in rulings:
        return rulings
    value, _, named = rulings[RELEASE].value.partition(_OF)
    if not named or (own is not None and own.moment.isoformat() == named):
        return {**rulings, RELEASE: replace(rulings[RELEASE], value=value)}
    return {what: ruling for what, ruling in rulings.items() if what != RELEASE}


def _moment(entry: Entry, today: Today) -> datetime:
    return entry.release.moment if entry.release else today.now


def _entry(post: Post, known: Known, today: Today) -> Entry:
    row = same_post(post, known.issues) or _by_content(post, known)
    issue = row.id if row else post.id
    rulings = _standing(known.rulings.get(issue, {}), release_of(post, today.rules.slot, today.zone))
    release = _release(post, rulings.get(RELEASE), today)
    rest = Entry(post.path, issue, post.title or issue, Verb.REST, "", release)
    out = row is not None and (row.first_published_at is not None or row.id in known.begun)
    if why := _taken_out(post, row, known.staying):
        return replace(rest, why=why)
    if out:
        return replace(rest, verb=Verb.CORRECT, why="published")
    if why := _left_alone(release, known.start, rulings.get(RELEASE)):
        return replace(rest, why=why)
    hold = row.hold if row else None
    if hold is None and today.rules.approval is None:
        return _timed(rest, _due(rest, rulings), Verb.PUBLISH, today)
    shown = rulings.get(PREVIEW)
    return _approved(rest, hold, rulings, shown is not None and shown.value == content(post), today)


def _by_content(post: Post, known: Known) -> IssueRow | None:
    name = known.renamed.get(post.path)
    return next((row for row in known.issues if row.id == name), None)


def _release(post: Post, ruling: Ruling | None, today: Today) -> Release | None:
    """When it is due: as the author decided, or else as the file says."""
    if ruling is not None and ruling.value not in {NOW, SKIP}:
        return _at(ruling.value)
    return release_of(post, today.rules.slot, today.zone)


def _taken_out(post: Post, row: IssueRow | None, staying: frozenset[str]) -> str:
    """Why nothing happens to an issue, wherever it is; empty when something may."""
    if post.draft:
        return "a draft"
    withdrawn = row is not None and row.withdrawn_at is not None and row.id not in staying
    return "withdrawn or adopted; `weektech publish` with its file sends it" if withdrawn else ""


def _left_alone(release: Release | None, start: datetime, ruling: Ruling | None) -> str:
    """Why a new issue does not go out by itself, empty when it does."""
    if ruling is not None:
        return "skipped" if ruling.value == SKIP else ""
    if release is None:
        return "no date; `weektech publish` with its name sends it"
    return release.problem or ("from before the column's start" if release.moment < start else "")


def _due(entry: Entry, rulings: Mapping[str, Ruling]) -> datetime | None:
    """When it goes out; None for at once, by the author's word."""
    ruling = rulings.get(RELEASE)
    if ruling is not None and ruling.value == NOW:
        return None
    return entry.release.moment if entry.release else None


def _timed(entry: Entry, moment: datetime | None, verb: Verb, today: Today) -> Entry:
    """At its time, or later as the column's rule for that says."""
    if moment is None:
        return replace(entry, verb=verb, why="now, as you said")
    if moment > today.now:
        return replace(entry, verb=Verb.WAIT, why="waits for its time", wake=moment)
    late = today.now - moment
    if verb is Verb.PUBLISH and late > ON_TIME and entry.path in today.restless:
        return replace(entry, verb=Verb.WAIT, why="is being written")
    if late <= today.rules.window or today.rules.late == "publish":
        return replace(entry, verb=verb, why=f"due for {in_words(late)}", wake=moment + today.rules.window)
    asked = Verb.ASK if today.rules.late == "ask" else Verb.SKIP
    return replace(entry, verb=asked, why=f"{in_words(late)} late")


def _approved(entry: Entry, hold: str | None, rulings: Mapping[str, Ruling], shown: bool, today: Today) -> Entry:
    """On its way through the author's approval; `shown`: what the file says now was shown to the author."""
    moment = _due(entry, rulings)
    if hold == APPROVED:
        given = rulings.get(APPROVAL)
        # Nobody is late with what was approved only after its time.
        late = max(moment, given.made_at) if moment and given and moment <= today.now else moment
        return _timed(entry, late, Verb.RELEASE, today)
    opens = moment - (today.rules.approval or timedelta()) if moment else today.now
    if opens > today.now:
        return replace(entry, verb=Verb.WAIT, why="will be shown to you", wake=opens)
    if shown and hold is not None:
        return replace(entry, verb=Verb.WAIT, why=hold)
    if entry.path in today.restless:
        return replace(entry, verb=Verb.WAIT, why="is being written")
    return replace(entry, verb=Verb.PREVIEW, why="is to be shown to you")

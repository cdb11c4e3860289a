"""Recognising an issue and its sections after the author changed the file. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from bots.ledger import IssueRow, SectionRow
from bots.ledger.codec import digest
from bots.model import LEAD, Issue, Post, Section

SAMPLE = 400
"""Characters of a section's opening that are kept to recognise it by."""
ALIKE = 0.6
"""Share of the opening that must agree for a section under a new heading to be the old one."""
SAME_FILE = 0.6
"""Share of an issue's sections that must be unchanged for a file under a new name to be the old issue."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Which old section each new one is."""

    same: Mapping[str, str]
    """Id in the file to id in the ledger, for the sections that are known."""
    questions: tuple[str, ...] = ()
    """Sections with two possible answers, in words, with what the author can do."""


@dataclass(slots=True)
class _Search:
    """Sections still looking for their counterpart."""

    new: list[SectionRow]
    old: list[SectionRow]
    same: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def settle(self, new: SectionRow, old: SectionRow) -> None:
        self.same[new.id] = old.id
        self.new.remove(new)
        self.old.remove(old)

    def without_lead(self) -> None:
        """What stands before the first heading is never a section under another one, nor the other way round."""
        self.new = [row for row in self.new if row.id != LEAD]
        self.old = [row for row in self.old if row.id != LEAD]


def describe(section: Section, position: int) -> SectionRow:
    """What the ledger keeps to recognise a section by."""
    return SectionRow(
        section.id, section.title, section.path, position, digest(section.source), _opening(section.source)
    )


def match(new: Sequence[SectionRow], old: Sequence[SectionRow]) -> Matches:
    """Pair sections: by id, then by heading path, then by the same and by similar content, nearest place first."""
    search = _Search(list(new), list(old))
    _by_id(search, _changed_groups(new, old))
    search.without_lead()
    _by_only(search, lambda row: row.path)
    # The very same words are certain: no other section that is merely alike competes for them.
    _by_only(search, lambda row: row.sample)
    _by_content(search)
    return Matches(search.same, tuple(search.questions))


def same_post(post: Post, known: Iterable[IssueRow]) -> IssueRow | None:
    """The issue a post was published as: by id, else by its file, else by its slug."""
    rows = tuple(known)
    by_id = [row for row in rows if row.id == post.id]
    by_path = [row for row in rows if same_path(row.path, post.path.as_posix())]
    by_slug = [row for row in rows if row.slug == post.slug]
    return next((found[0] for found in (by_id, by_path, by_slug) if len(found) == 1), None)


def same_issue(issue: Issue, known: Iterable[IssueRow], digests: Mapping[str, frozenset[str]]) -> IssueRow | None:
    """As `same_post`, and at last by content: renaming a file may change its id, path and slug at once.

    `digests` maps each known issue to the hashes of its sections.
    """
    rows = tuple(known)
    found = same_post(issue.post, rows)
    if found is not None:
        return found
    own = {digest(section.source) for section in issue.sections if section.source.strip()}
    alike = [row for row in rows if own and len(own & digests.get(row.id, frozenset())) >= SAME_FILE * len(own)]
    return alike[0] if len(alike) == 1 else None


def _changed_groups(new: Sequence[SectionRow], old: Sequence[SectionRow]) -> frozenset[tuple[str, ...]]:
    """Heading paths used several times whose number changed: their ids count, so they may have shifted."""
    before, now = Counter(row.path for row in old), Counter(row.path for row in new)
    return frozenset(path for path in before.keys() & now.keys() if before[path] != now[path])


def _by_id(search: _Search, shifted: frozenset[tuple[str, ...]]) -> None:
    known = {row.id: row for row in search.old}
    for row in tuple(search.new):
        old = known.get(row.id)
        if old is not None and (row.path not in shifted or row.digest == old.digest):
            search.settle(row, old)


def _by_only(search: _Search, key: Callable[[SectionRow], str | tuple[str, ...]]) -> None:
    """Pair what alone has a key on either side; an empty one says nothing."""
    now, before = Counter(map(key, search.new)), Counter(map(key, search.old))
    for row in tuple(search.new):
        if key(row) and now[key(row)] == before[key(row)] == 1:
            search.settle(row, next(old for old in search.old if key(old) == key(row)))


def _by_content(search: _Search) -> None:
    """Settle what is certain first: each settled pair makes the rest easier."""
    while True:
        choices = {row.id: _candidates(row, search.old) for row in search.new}
        certain = [row for row in search.new if len(choices[row.id]) == 1]
        sole = [row for row in certain if _claims(choices, choices[row.id][0]) == 1]
        if not sole:
            break
        search.settle(sole[0], choices[sole[0].id][0])
    search.questions = [_question(row, choices[row.id]) for row in search.new if choices[row.id]]


def _claims(choices: Mapping[str, Sequence[SectionRow]], old: SectionRow) -> int:
    return sum(old in found for found in choices.values())


def _candidates(row: SectionRow, old: Iterable[SectionRow]) -> list[SectionRow]:
    """Old sections this may be; one with the very same text, or clearly the nearest of the alike, stands alone."""
    alike = [other for other in old if _alike(row, other)]
    exact = [other for other in alike if other.digest == row.digest or (row.sample and other.sample == row.sample)]
    there = [other for other in alike if other.position == row.position]
    return next((found for found in (exact, there) if len(found) == 1), alike)


def _alike(row: SectionRow, other: SectionRow) -> bool:
    matcher = SequenceMatcher(None, row.sample, other.sample, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _question(row: SectionRow, candidates: Sequence[SectionRow]) -> str:
    names = " or ".join(f"“{other.title}”" for other in candidates)
    pins = " or ".join(f"{{#{other.id}}}" for other in candidates)
    return (
        f"The section “{row.title}” may be {names} under a new heading. Say which by writing {pins} behind its heading."
    )


def _opening(source: str) -> str:
    """The first characters beneath the heading: a heading edit must not make a section look new."""
    lines = source.strip().splitlines()
    if lines and lines[0].lstrip().startswith(("#", "<h")):
        lines = lines[1:]
    elif len(lines) > 1 and lines[1].strip() and set(lines[1].strip()) <= {"=", "-"}:
        lines = lines[2:]
    return "\n".join(lines).strip()[:SAMPLE]


def same_path(stored: str, given: str) -> bool:
    """True when one is the end of the other; `index.md` alone says nothing."""
    first, second = PurePosixPath(stored).parts, PurePosixPath(given).parts
    length = min(len(first), len(second))
    if length == 0 or first[-length:] != second[-length:]:
        return False
    return length > 1 or first[-1] not in {"index.md", "_index.md"}

"""An issue with what readers answered, section by section: what lists, files, counts and pages are made of.

Pure: what the ledger knows goes in, and comes out in the order in which it is read.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bots.ledger import Comment, Past, SectionRow, Spot, Tally
from bots.ledger.rows import IssueRow

Reactions = Mapping[str, Mapping[str, int]]
"""Platform to reaction to how often; the most frequent first."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A comment in its conversation."""

    comment: Comment
    depth: int
    """0 for an answer to the issue itself, one more for each answer to an answer."""
    parent: Comment | None = None
    """What it answers, or what that answers if that can't be seen."""

    @property
    def key(self) -> str:
        """Its lasting name outside of the ledger, the same from whatever ledger it comes."""
        return key_of(self.comment)


@dataclass(frozen=True, slots=True)
class Corner:
    """What was answered to one section, or to the issue as a whole."""

    section: str | None
    """None for the issue as a whole."""
    title: str
    reactions: Reactions
    voices: tuple[Voice, ...]
    """As they are read: each with its answers right after it."""


@dataclass(frozen=True, slots=True)
class Discussion:
    """An issue and its corners, those of the sections first."""

    issue: IssueRow
    corners: tuple[Corner, ...]

    @property
    def voices(self) -> tuple[Voice, ...]:
        return tuple(voice for corner in self.corners for voice in corner.voices)

    @property
    def is_empty(self) -> bool:
        return not any(corner.voices or corner.reactions for corner in self.corners)


def discussion(
    past: Past,
    comments: Iterable[Comment],
    tallies: Iterable[Tally],
    platforms: Mapping[str, str],
    shown: Callable[[Comment], bool] = lambda comment: comment.visible,
) -> Discussion:
    """`platforms` says on which platform each destination is; what is not `shown` leaves its answers behind."""
    if past.issue is None:
        raise ValueError("there is no discussion without an issue")
    all_ = tuple(comments)
    voices: defaultdict[str | None, list[Comment]] = defaultdict(list)
    for comment in all_:
        if shown(comment):
            voices[comment.section].append(comment)
    counted = _reactions(tallies, platforms)
    titles = _titles(past.sections, (*voices, *counted))
    spots = {comment.spot: comment for comment in all_}
    corners = [
        Corner(section, title, counted.get(section, {}), _threads(voices[section], spots))
        for section, title in titles.items()
    ]
    whole = Corner(None, past.issue.title or past.issue.id, {}, _threads(voices[None], spots))
    return Discussion(past.issue, (*corners, *((whole,) if whole.voices else ())))


def key_of(comment: Comment) -> str:
    """`c` and 16 hex digits, from where the comment is."""
    where = f"{comment.platform}:{comment.chat}:{comment.message_id}".encode("utf-8", "surrogatepass")
    return "c" + hashlib.sha256(where).hexdigest()[:16]


def _titles(sections: Iterable[SectionRow], answered: Iterable[str | None]) -> Mapping[str, str]:
    """Sections in the author's order; one the ledger does not know any more goes by its id."""
    known = {row.id: row.title or row.id for row in sections}
    return known | {name: name for name in sorted({one for one in answered if one is not None} - known.keys())}


def _reactions(tallies: Iterable[Tally], platforms: Mapping[str, str]) -> Mapping[str, Reactions]:
    counts: defaultdict[str, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for tally in tallies:
        platform = platforms.get(tally.destination, tally.destination)
        counts[tally.section][platform][tally.reaction] += tally.number
    return {
        section: {platform: _most_first(found[platform]) for platform in sorted(found)}
        for section, found in counts.items()
    }


def _most_first(counts: Mapping[str, int]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _threads(comments: Sequence[Comment], spots: Mapping[Spot, Comment]) -> tuple[Voice, ...]:
    """Comments with their answers after them, the oldest first at each level; chains may be long, circles end."""
    here = {comment.spot: comment for comment in comments}
    answers: defaultdict[Spot | None, list[Comment]] = defaultdict(list)
    parents = {comment.spot: _parent(comment, here, spots) for comment in comments}
    for comment in sorted(comments, key=_order):
        parent = parents[comment.spot]
        answers[parent.spot if parent else None].append(comment)
    found: dict[Spot, Voice] = {}
    waiting = [Voice(comment, 0) for comment in reversed(answers[None])]
    while waiting:
        voice = waiting.pop()
        found[voice.comment.spot] = voice
        below = reversed(answers[voice.comment.spot])
        waiting += [Voice(comment, voice.depth + 1, voice.comment) for comment in below if comment.spot not in found]
    circling = (Voice(comment, 0) for comment in sorted(comments, key=_order) if comment.spot not in found)
    return (*found.values(), *circling)


def _parent(comment: Comment, here: Mapping[Spot, Comment], spots: Mapping[Spot, Comment]) -> Comment | None:
    """The nearest comment above it that is shown in the same corner."""
    above, seen = comment, {comment.spot}
    while above.parent is not None:
        spot = above.spot.beside(above.parent)
        if spot in here and spot not in seen:
            return here[spot]
        if spot not in spots or spot in seen:
            return None
        seen.add(spot)
        above = spots[spot]
    return None


def _order(comment: Comment) -> tuple[object, ...]:
    """By time, then by a number that counts up in every chat."""
    return comment.said_at, comment.platform, comment.chat, len(comment.message_id), comment.message_id

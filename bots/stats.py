"""What an issue brought: reactions and replies by section and platform, new voices, questions left open. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wcwidth import wcswidth, wcwidth

from bots.discussion import Corner, Discussion, Voice
from bots.ledger import Comment
from bots.ledger.rows import IssueRow

QUESTION_MARKS = frozenset(
    "?\uff1f\u00bf\u061f\u037e\u055e\u1367\u2047\u2048\u2049\u203d\u2e2e\ua60f\ua6f7\u2cfa\u2cfb\ufe56\u2753\u2754\U00011143"
)
"""Of Latin, Chinese, Spanish, Arabic, Greek, Armenian, Ethiopic, Vai, Bamum, Coptic and Chakma, and as pictures."""
WHOLE = "the whole issue"
"""What answers to no section of an issue stand under."""
_BAR, _TITLE = 24, 28
"""Cells of the longest bar, and of the longest title."""
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Answers:
    """What one section brought, or the issue as a whole."""

    section: str | None
    title: str
    reactions: Mapping[str, int]
    """By platform."""
    replies: Mapping[str, int]
    """By platform; the author's own are not counted."""

    @property
    def total(self) -> int:
        return sum(self.reactions.values()) + sum(self.replies.values())


@dataclass(frozen=True, slots=True)
class Stats:
    """What one issue brought."""

    issue: IssueRow
    sections: tuple[Answers, ...]
    voices: int
    """Readers who wrote something."""
    new_voices: int
    """Those among them who had never written before."""
    questions: tuple[Comment, ...]
    """Readers' comments that ask something, with no answer of the author's below them."""

    @property
    def reactions(self) -> Mapping[str, int]:
        return _sum(one.reactions for one in self.sections)

    @property
    def replies(self) -> Mapping[str, int]:
        return _sum(one.replies for one in self.sections)


def stats(found: Discussion, first_words: Mapping[tuple[str, str], str]) -> Stats:
    """`first_words` says on which issue each reader, by platform and hash, wrote first."""
    readers = [voice.comment for voice in found.voices if not voice.comment.by_author]
    writers = {(comment.platform, comment.who) for comment in readers if comment.who}
    return Stats(
        issue=found.issue,
        sections=tuple(_answers(corner) for corner in found.corners),
        voices=len(writers),
        new_voices=sum(first_words.get(writer) == found.issue.id for writer in writers),
        questions=tuple(comment for corner in found.corners for comment in _open_questions(corner.voices)),
    )


def asks(text: str) -> bool:
    """True for a text with a question mark of any script, those in addresses left out."""
    return not QUESTION_MARKS.isdisjoint(_ADDRESS.sub("", text))


def chart(found: Stats) -> list[str]:
    """A line a section with a bar as long as what it brought, for any font that is as wide as a terminal's."""
    most = max((one.total for one in found.sections), default=0)
    width = max((wcswidth(_short(one.title)) for one in found.sections), default=0)
    return [_line(one, most, width) for one in found.sections]


def _line(one: Answers, most: int, width: int) -> str:
    title = _short(one.title)
    bar = "█" * (max(1, round(_BAR * one.total / most)) if one.total else 0)
    counts = ", ".join(
        f"{name} {one.reactions.get(name, 0)} + {one.replies.get(name, 0)}"
        for name in sorted({*one.reactions, *one.replies})
    )
    padding = " " * (width - wcswidth(title))
    return f"{title}{padding}  {bar:<{_BAR}}  {one.total:>4}  {counts}".rstrip()


def _short(title: str) -> str:
    """As much of a title as a column holds; what no terminal can show is left out."""
    kept = ""
    for char in title:
        if wcwidth(char) < 0:
            continue
        if wcswidth(kept + char) > _TITLE:
            return kept + "…"
        kept += char
    return kept


def _answers(corner: Corner) -> Answers:
    reactions = {platform: sum(counts.values()) for platform, counts in corner.reactions.items()}
    replies = Counter(voice.comment.platform for voice in corner.voices if not voice.comment.by_author)
    title = corner.title if corner.section is not None else WHOLE
    return Answers(corner.section, title, reactions, dict(sorted(replies.items())))


def _open_questions(voices: Iterable[Voice]) -> list[Comment]:
    """In reading order; the author's answer to an answer settles the question above as well."""
    answered: set[Comment] = set()
    parents = {voice.comment: voice.parent for voice in voices}
    for comment, parent in parents.items():
        above = parent if comment.by_author else None
        while above is not None and above not in answered:
            answered.add(above)
            above = parents[above]
    return [one for one in parents if asks(one.text) and not one.by_author and one not in answered]


def _sum(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(sorted(found.items()))

"""The short note some days after an issue: what worked, and who waits for an answer. Pure.

It holds numbers and links but no reader's words: what a reader withdraws must not live on in the author's chat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bots.ledger import Comment
from bots.ledger.rows import IssueRow
from bots.stats import Answers, Stats

WORKED = "worked"
"""Kind of the letter, `worked:<issue>`."""
LATEST = timedelta(days=14)
"""How long after its time a note is still of interest: a ledger of old issues must not bring a heap of them."""
_BEST = 3
_LINKS = 5


def due(issues: Iterable[IssueRow], after: timedelta, now: datetime) -> Iterator[IssueRow]:
    """The issues of which the author is to be told by now, whether or not that was done."""
    for issue in issues:
        out = issue.first_published_at
        if out is not None and issue.withdrawn_at is None and out + after <= now < out + after + LATEST:
            yield issue


def note(found: Stats) -> str:
    """What an issue brought, in a few lines."""
    title = found.issue.title or found.issue.id
    answers = (
        f"{_counted(found.reactions.values(), 'reaction')}, {_counted(found.replies.values(), 'reply', 'replies')}"
    )
    by = "; ".join(_platform(found, name) for name in sorted({*found.reactions, *found.replies}))
    lines = [f"“{title}”: {answers}" + (f" ({by})." if by else ".")]
    if found.voices:
        lines.append(f"{_number(found.voices, 'reader')} wrote, {found.new_voices} for the first time.")
    best = sorted((one for one in found.sections if one.total), key=lambda one: -one.total)[:_BEST]
    if best:
        lines.append("What worked: " + ", ".join(_section(one) for one in best) + ".")
    lines += _waiting(found)
    lines.append("Bots are not told how often a post was viewed.")
    return "\n".join(lines)


def _waiting(found: Stats) -> Iterator[str]:
    if not found.questions:
        return
    yield f"{_number(len(found.questions), 'question')} without your answer:"
    yield from (_where(comment) for comment in found.questions[:_LINKS])
    left = len(found.questions) - _LINKS
    yield f"{f'and {left} more; ' if left > 0 else ''}`weektech comments {found.issue.id}` shows all."


def _where(comment: Comment) -> str:
    return comment.url or f"comment {comment.id} on {comment.platform}"


def _section(one: Answers) -> str:
    return f"{one.title} ({one.total})"


def _platform(found: Stats, name: str) -> str:
    return f"{name} {found.reactions.get(name, 0)} and {found.replies.get(name, 0)}"


def _counted(numbers: Iterable[int], one: str, many: str = "") -> str:
    return _number(sum(numbers), one, many)


def _number(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"

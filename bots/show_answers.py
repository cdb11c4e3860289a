"""What `comments` and `stats` print for people. Readers' words can neither drive the terminal nor pass for ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from bots.discussion import Corner, Discussion, Voice
from bots.export import NOBODY
from bots.ledger import Comment
from bots.stats import WHOLE, Stats, chart
from bots.terminal import out, safe

_DEEPEST = 6
"""Steps to the right; what is deeper stays there."""
_LONGEST_QUOTE = 100
_SAID = "│ "
"""Begins each line of a reader's, which could look like one of ours otherwise."""
_TITLE, _HEAD = "bold", "cyan"


def comments(found: Discussion, zone: tzinfo) -> None:
    """An issue's comments by section, each with the number by which it can be hidden."""
    _line(found.issue.title or found.issue.id, _TITLE)
    for corner in found.corners:
        if corner.voices or corner.reactions:
            title = _one_line(corner.title) if corner.section is not None else WHOLE
            _line(f"  {title}{_reactions(corner)}", _TITLE)
            for voice in corner.voices:
                _voice(voice, zone)


def stats(found: Stats, zone: tzinfo) -> None:
    """What an issue brought, with a bar a section."""
    _line(found.issue.title or found.issue.id, _TITLE)
    reactions, replies = sum(found.reactions.values()), sum(found.replies.values())
    wrote = f"{found.voices} readers wrote, {found.new_voices} for the first time"
    _line(f"  {reactions} reactions, {replies} replies; {wrote}")
    for line in chart(found):
        _line(f"  {line}")
    if found.questions:
        _line(f"  Questions without your answer: {len(found.questions)}")
    for comment in found.questions:
        _line(f"    {_head(comment, zone)}", _HEAD)
        _line(f"    {_SAID}{_quoted(comment.text)}")


def _voice(voice: Voice, zone: tzinfo) -> None:
    indent = "    " + "  " * min(voice.depth, _DEEPEST)
    comment = voice.comment
    _line(f"{indent}{_head(comment, zone)}", _HEAD)
    for line in comment.text.split("\n") if comment.text else ["(no words are kept)"]:
        _line(f"{indent}{_SAID}{line}")
    if comment.url:
        _line(f"{indent}{comment.url}", "dim")


def _head(comment: Comment, zone: tzinfo) -> str:
    """The name comes last, so that none can pass for what stands before it."""
    when = f"{comment.said_at.astimezone(zone):%Y-%m-%d %H:%M}"
    return " · ".join((f"{comment.id}", *_marks(comment), comment.platform, when, comment.name or NOBODY))


def _marks(comment: Comment) -> Iterator[str]:
    """What else is to be said of it."""
    if comment.by_author:
        yield "author"
    if comment.edited_at:
        yield "edited"
    if comment.hidden_at:
        yield "hidden"
    if comment.blocked:
        yield "blocked"


def _reactions(corner: Corner) -> str:
    """As ` telegram 👍 3`, a platform after the other."""
    said = (
        f"{platform} {' '.join(f'{reaction} {number}' for reaction, number in counts.items())}"
        for platform, counts in corner.reactions.items()
    )
    return "".join(f"   {each}" for each in said)


def _quoted(text: str) -> str:
    words = _one_line(text)
    return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line(text: str, style: str = "") -> None:
    out().print(safe(text.rstrip(), style), soft_wrap=True)

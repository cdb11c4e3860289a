"""Which message goes where in each kind of channel, and what is done to it afterwards. Pure.

text, thread   every message in the chat
announcement   the first message in the channel, published to followers; the others in its thread
forum          the first message opens a post; the others in the post
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bots.model import Destination, Format, Issue, Kind, Message
from bots.platforms.discord.edits import CROSSPOST, FORUM_POST, PIN, inner
from bots.platforms.discord.naming import named


def laid_out(messages: Sequence[Message], issue: Issue, destination: Destination) -> list[Message]:
    """The issue's messages for the destination's kind of channel."""
    if not messages:
        return []
    head, *others = messages
    if destination.format is Format.DIGEST:
        # Its sections are nowhere in the chat, so nothing will ever be linked.
        head, others = replace(head, slots=()), [replace(other, slots=()) for other in others]
    head = replace(head, after=tuple(_after(destination)))
    if destination.kind is Kind.FORUM:
        head = _post(head, issue, destination)
    inside = destination.kind in (Kind.ANNOUNCEMENT, Kind.FORUM)
    return [head, *(replace(other, inside=inside) for other in others)]


def name_of(issue: Issue) -> str:
    """What an issue is called where it has to be called something."""
    titles = (issue.title, *(section.title for section in issue.sections), issue.post.slug)
    return next((title for title in titles if title.strip()), issue.id)


def with_content(message: Message, content: str) -> Message:
    """The message with other words."""
    said = {**inner(message), "content": content}
    return replace(message, body={**message.body, "message": said} if message.method == FORUM_POST else said)


def _after(destination: Destination) -> Iterator[str]:
    """The pin goes first: a channel's crossposts of the hour may be used up."""
    if destination.pin:
        yield PIN
    if destination.kind is Kind.ANNOUNCEMENT and destination.crosspost:
        yield CROSSPOST


def _post(head: Message, issue: Issue, destination: Destination) -> Message:
    """The message as the first one of a post; its tags are names still, ids being the forum's own business."""
    tags = list(dict.fromkeys((*destination.tags, *issue.post.tags)))
    body = {"name": named(name_of(issue)), "message": dict(head.body)}
    return replace(head, method=FORUM_POST, body={**body, "applied_tags": tags} if tags else body)

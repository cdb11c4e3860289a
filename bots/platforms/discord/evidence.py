"""What Discord's history says about a call whose answer was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import discord

from bots.errors import ChatClosed, Gone, InDoubt
from bots.model import Destination, Message
from bots.platforms.base import Attempt
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.chats import View
from bots.platforms.discord.edits import attachments, inner
from bots.platforms.discord.forum import candidates
from bots.platforms.discord.naming import letters
from bots.platforms.discord.wire import same

MOST_READ = 500
"""Messages of history that settling reads before it gives up."""
_SKEW = timedelta(days=1)
"""How far this machine's clock may be ahead of Discord's, which ids are made from."""
_POST_SKEW = timedelta(hours=1)
"""The same for posts: no nonce would merge a second one, and few posts are made in an hour."""


async def find(
    client: discord.Client, view: View, destination: Destination, message: Message, attempt: Attempt
) -> str | None:
    """Id of the message that a lost call created in the chat or its thread; None when history has none.

    Raises InDoubt when there is more history than is read, NotSent when it can't be read.
    """
    _readable(view)
    history = await harmlessly(lambda: _history(client, attempt.within or destination.chat, attempt))
    for posted in history:
        if posted.author == view.member and _is(posted, message, attempt.nonce):
            return str(posted.id)
    if len(history) == MOST_READ:
        raise InDoubt("Too much was written in the channel since.", remedy="Look for the message by hand.")
    return None


async def find_post(
    client: discord.Client, view: View, forum: discord.ForumChannel, message: Message, attempt: Attempt
) -> str | None:
    """Id of the post that a lost call created in a forum: the bot's, of that name, with that first message.

    Raises like `find`.
    """
    _readable(view)
    found = await candidates(client, forum, str(message.body["name"]), attempt.since - _POST_SKEW)
    for thread in found:
        post = client.get_partial_messageable(int(thread["id"]))
        try:
            first = await harmlessly(partial(post.fetch_message, post.id))
        except Gone:
            continue
        if _reads_like(first, message):
            return str(thread["id"])
    return None


def _reads_like(posted: discord.Message, message: Message) -> bool:
    """Letters and pictures tell a post from every other; what Discord does to signs and spaces does not count."""
    names = [each["filename"] for each in attachments(message)]
    words = letters(str(inner(message).get("content") or ""))
    return letters(posted.content) == words and [each.filename for each in posted.attachments] == names


def _readable(view: View) -> None:
    """Without the right to it Discord shows an empty history, instead of refusing."""
    if not view.rights.read_message_history:
        raise ChatClosed("A permission is missing.", code="no history", remedy="Give it Read Message History.")


def _is(posted: discord.Message, message: Message, nonce: str) -> bool:
    names = [each["filename"] for each in attachments(message)]
    return same(posted, nonce, inner(message).get("content") or "", names)


async def _history(client: discord.Client, channel: str, attempt: Attempt) -> Sequence[discord.Message]:
    """What was written since the attempt, oldest first, at most MOST_READ; others' messages without their text."""
    known = int(attempt.after or 0)
    after = discord.Object(max(known, discord.utils.time_snowflake(attempt.since - _SKEW)))
    read = client.get_partial_messageable(int(channel)).history(limit=MOST_READ, after=after, oldest_first=True)
    return [posted async for posted in read]

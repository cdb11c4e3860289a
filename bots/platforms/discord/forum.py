"""Posts of a forum: what their creation says, and how a lost one is found again (discord.md 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import discord

from bots.errors import ChatClosed, InDoubt
from bots.model import Destination, Message
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.edits import NOBODY, attachments, inner
from bots.platforms.discord.naming import letters
from bots.platforms.discord.threads import WEEK

MOST_TAGS = 5
_PAGE = 100
_MOST_PAGES = 5
"""Archived posts read before settling gives up; a lost post was made minutes ago, and they come newest first."""


def post_body(message: Message, tags: Sequence[str]) -> dict[str, Any]:
    """The planned body with its tags by id. There is no nonce: Discord knows none for posts (discord.md 3.3)."""
    said: dict[str, Any] = {"allowed_mentions": NOBODY, **inner(message)}
    if attached := attachments(message):
        said["attachments"] = attached
    body = {**message.body, "auto_archive_duration": WEEK, "message": said}
    return {**body, "applied_tags": list(tags)} if tags else {k: v for k, v in body.items() if k != "applied_tags"}


def tag_ids(forum: discord.ForumChannel, destination: Destination, wanted: Iterable[str]) -> tuple[str, ...]:
    """Ids of the wanted tags. Those of the configuration must exist; the post's own count where the forum has them.

    Raises ChatClosed for a configured tag the forum lacks, and where it requires a tag and none is left.
    """
    there = "It has: " + (", ".join(tag.name for tag in forum.available_tags) or "none") + "."
    known = {_folded(tag.name) for tag in forum.available_tags}
    lacking = [f"“{name}”" for name in destination.tags if _folded(name) not in known]
    if lacking:
        raise ChatClosed(
            f"The forum has no tag {', '.join(lacking)}.", code="no tag", remedy=f"{there} Correct `tags`."
        )
    ids = chosen(forum.available_tags, destination.tags, wanted)
    if not ids and forum.flags.require_tag:
        raise ChatClosed("The forum wants a tag on every post.", code="40067", remedy=f"{there} Set `tags`.")
    return ids


def chosen(known: Iterable[discord.ForumTag], configured: Sequence[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Ids of the configured tags, then of the wanted ones, as many as a post may carry.

    A moderated tag needs Manage Threads: nobody asked for it where only the post happens to carry its name.
    """
    tags = {_folded(tag.name): tag for tag in known}
    mandatory = {_folded(name) for name in configured}
    names = dict.fromkeys(_folded(name) for name in (*configured, *wanted))
    fitting = (tags[name] for name in names if name in tags and (name in mandatory or not tags[name].moderated))
    return tuple(str(tag.id) for tag in fitting)[:MOST_TAGS]


def _folded(name: str) -> str:
    return name.strip().casefold()


async def candidates(
    client: discord.Client, forum: discord.ForumChannel, name: str, since: datetime
) -> Sequence[Mapping[str, Any]]:
    """The bot's own posts of that name made since then, active and archived, oldest first."""
    active = await harmlessly(lambda: client.http.get_active_threads(forum.guild.id))
    me = str(client.user.id) if client.user else ""
    earliest = discord.utils.time_snowflake(since)

    def wanted(thread: Mapping[str, Any]) -> bool:
        mine = thread["owner_id"] == me and thread["parent_id"] == str(forum.id)
        return mine and letters(thread["name"]) == letters(name) and int(thread["id"]) >= earliest

    found = [thread for thread in (*active["threads"], *await _archived(client, forum, since)) if wanted(thread)]
    return sorted(found, key=lambda thread: int(thread["id"]))


async def _archived(
    client: discord.Client, forum: discord.ForumChannel, since: datetime
) -> Sequence[Mapping[str, Any]]:
    """Posts archived since then; one that was made since can't have been archived earlier."""
    found, complete = await archived_since(client, forum.id, since)
    if not complete:
        raise InDoubt("Too many posts were archived in the forum since.", remedy="Look for the post by hand.")
    return found


async def archived_since(
    client: discord.Client, channel: int, since: datetime
) -> tuple[Sequence[Mapping[str, Any]], bool]:
    """Public threads of a channel that were put away since then, newest first, and whether these are all."""
    found: list[Mapping[str, Any]] = []
    before: str | None = None
    for _ in range(_MOST_PAGES):
        page = await harmlessly(partial(client.http.get_public_archived_threads, channel, before, _PAGE))
        found += page["threads"]
        times = [thread["thread_metadata"]["archive_timestamp"] for thread in page["threads"]]
        if not page["has_more"] or not times or datetime.fromisoformat(times[-1]) < since:
            return found, True
        before = times[-1]
    return found, False

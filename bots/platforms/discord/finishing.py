"""What is done to a message once the whole issue is out there: publish it to followers, pin it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import discord

from bots.errors import ChatClosed, NotSent, Rejected, SendError, TryLater
from bots.model import Destination, Kind
from bots.platforms.base import Place
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.edits import CROSSPOST
from bots.platforms.discord.errors import MISSING_PERMISSION, number
from bots.platforms.discord.threads import home

_ALREADY_CROSSPOSTED = 40033
_PINNED_POST = 1 << 1
"""Channel flag of the post at the top of its forum."""


async def finish(client: discord.Client, action: str, destination: Destination, place: Place) -> None:
    """Do it once more, or for the first time; Discord takes a pin twice, and says so of a crosspost.

    Raises Rejected where the bot may not or there is no room: the message stays as it is. Raises TryLater when the
    channel's ten crossposts of the hour are used up (discord.md 4.2).
    """
    try:
        await harmlessly(_call(client, action, destination, place))
    except (TryLater, Rejected, ChatClosed) as error:
        if number(error) == _ALREADY_CROSSPOSTED:
            return
        failure = _worded(error, action, destination.kind)
    else:
        return
    raise failure


def _call(
    client: discord.Client, action: str, destination: Destination, place: Place
) -> Callable[[], Awaitable[object]]:
    """A forum's first messages are never far to seek: there it is the post that is pinned."""
    channel, message = int(home(destination, place)), int(place.ids[0])
    if action == CROSSPOST:
        return partial(client.http.publish_message, channel, message)
    if destination.kind is Kind.FORUM:
        return partial(client.http.edit_channel, channel, flags=_PINNED_POST)
    return partial(client.http.pin_message, channel, message)


def _worded(error: NotSent, action: str, kind: Kind) -> SendError:
    if isinstance(error, TryLater) and action == CROSSPOST and error.after:
        what = f"A channel may publish ten messages an hour; followers get the issue in {error.after:.0f} s at best."
        return TryLater(what, code=error.code, after=error.after)
    if number(error) != MISSING_PERMISSION:
        return error
    deed, right = _needs(action, kind)
    remedy = f"Give it “{right}” in the channel's settings, or set `{action}: false`."
    return Rejected(f"The issue is out there, but the bot may not {deed}.", code=error.code, remedy=remedy)


def _needs(action: str, kind: Kind) -> tuple[str, str]:
    if action == CROSSPOST:
        return "publish it to followers", "Send Messages"
    return ("pin its post", "Manage Posts") if kind is Kind.FORUM else ("pin it", "Pin Messages")

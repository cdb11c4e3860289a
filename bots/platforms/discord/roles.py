"""A panel of roles: whoever presses takes a role, or gives it back. The button says which: a restart is no matter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from discord.http import HTTPClient

from bots.errors import ChatClosed, NotSent
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.errors import MISSING_PERMISSION, number

_UNKNOWN_MEMBER, _UNKNOWN_ROLE = 10007, 10011
_WORDS: Mapping[int, tuple[str, str]] = {
    MISSING_PERMISSION: (
        "The bot may not give or take that role.",
        "Give it “Manage Roles”, and move its own role above that one in the server's settings.",
    ),
    _UNKNOWN_ROLE: ("The server has no role {role}.", "Correct the role's number."),
    _UNKNOWN_MEMBER: ("That person is not in the server any more.", ""),
}
"""What went wrong, and what to do about it."""


async def toggled(http: HTTPClient, guild: int, user: str, role: str) -> bool:
    """Give the member the role, or take it from who has it; True when they have it now.

    Raises ChatClosed with what the author has to change, or TryLater.
    """
    try:
        member = await harmlessly(partial(http.get_member, guild, int(user)))
        has = role in (str(each) for each in member["roles"])
        change: Callable[[], Awaitable[object]] = partial(
            http.remove_role if has else http.add_role, guild, int(user), int(role)
        )
        await harmlessly(change)
    except NotSent as refused:
        failure = _told(refused, role)
    else:
        return not has
    raise failure


def _told(refused: NotSent, role: str) -> NotSent:
    words = _WORDS.get(number(refused))
    return refused if words is None else ChatClosed(words[0].format(role=role), code=refused.code, remedy=words[1])

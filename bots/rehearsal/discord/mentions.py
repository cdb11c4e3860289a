"""Who a message mentions: the ids in its text, its form's allowances, its author's rights (discord.md 3.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bots.rehearsal.discord.forms import Allowed
from bots.rehearsal.discord.model import Permission, Pings, Role

_CODE = re.compile(r"```.*?```|``.*?``|`[^`]+`", re.DOTALL)
_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Around:
    """Where a message is said: who exists there, what its author may do, and whom it answers."""

    users: frozenset[int]
    roles: Mapping[int, Role]
    permissions: Permission
    replied: int | None = None
    """The author replied to."""


def pings(text: str, allowed: Allowed, around: Around) -> Pings:
    """Who `text` notifies; ids in code and ids that don't exist notify nobody.

    A backslash before a mention changes how it looks, not whom it notifies.
    """
    text = _CODE.sub("", text)
    may_all = Permission.MENTION_EVERYONE in around.permissions
    named_users = {int(each) for each in _USER.findall(text)} & around.users
    named_roles = {int(each) for each in _ROLE.findall(text)} & around.roles.keys()
    notified = named_users if "users" in allowed.parse else named_users & allowed.users
    if around.replied is not None and allowed.replied_user:
        notified = notified | {around.replied}
    heard = {each for each in named_roles if may_all or around.roles[each].mentionable}
    return Pings(
        users=frozenset(notified),
        roles=frozenset(heard if "roles" in allowed.parse else heard & allowed.roles),
        everyone=may_all and "everyone" in allowed.parse and _EVERYONE.search(text) is not None,
    )

"""This machine's clock against a platform's, read from the date every HTTP answer carries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from bots.platforms.setup import Finding, Level

Now = Callable[[], datetime]

WORTH_SAYING = timedelta(seconds=60)
"""Half of what the search for a lost Discord message allows for."""
_PATIENCE = aiohttp.ClientTimeout(total=10)


def now() -> datetime:
    return datetime.now(UTC)


async def ahead(address: str, proxy: str | None, clock: Now = now) -> timedelta | None:
    """How far this machine's clock is ahead, to about a second; None when the server doesn't say."""
    before = clock()
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.get(address, proxy=proxy, allow_redirects=False) as answer,
        ):
            theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return None
    return before + (clock() - before) / 2 - theirs


def finding(skew: timedelta | None) -> Finding:
    """What the difference means to the author."""
    if skew is None:
        return Finding(
            Level.NOTE, "the server's clock can't be read", "it is not known whether this machine's is right"
        )
    if abs(skew) < WORTH_SAYING:
        return Finding(Level.FINE, "this machine's clock is right")
    words = f"{abs(skew).total_seconds():.0f} s {'ahead' if skew > timedelta() else 'behind'}"
    return Finding(
        Level.NOTE,
        f"this machine's clock is {words}",
        "issues leave at the wrong time, and a message whose answer was lost may not be found again",
        "Let the system set its clock (NTP).",
    )

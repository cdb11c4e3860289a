"""Keeping what may fail alive: one part that ends is begun again, later each time, and never takes another with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bots.clock import Clock
from bots.errors import WeektechError

LONGEST = 300.0
"""Seconds waited at the most before it is begun again."""
HEALTHY = 300.0
"""Seconds after which a failure counts as the first one again."""

log = logging.getLogger("weektech")


async def supervised(
    name: str, work: Callable[[], Awaitable[None]], clock: Clock, tell: Callable[[Exception], Awaitable[None]]
) -> None:
    """Run `work` for ever. `tell` hears of every failure; only cancelling ends this."""
    failures = 0
    while True:
        began = clock.monotonic()
        try:
            await work()
        except Exception as error:  # whatever it is, the other parts go on
            log.warning("%s: %s", name, words(error))
            await _told(tell, error)
        if clock.monotonic() - began > HEALTHY:
            failures = 0
        failures += 1
        await clock.sleep(min(LONGEST, 2.0**failures))


def words(error: BaseException) -> str:
    """What an error says. Only our own errors are sure to know no secrets."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(words(one) for one in error.exceptions)
    return str(error) if isinstance(error, WeektechError) else type(error).__name__


async def _told(tell: Callable[[Exception], Awaitable[None]], error: Exception) -> None:
    try:
        await tell(error)
    except asyncio.CancelledError:
        raise
    except Exception as second:  # the ledger may be away as well
        log.warning("%s could not be noted: %s", words(error), words(second))

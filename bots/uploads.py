"""Each picture is uploaded to a platform once: after that, and for others meanwhile, the platform's own id will do."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bots.enclosures import Enclosures
from bots.ledger import Ledger, Pool
from bots.model import Receipt
from bots.platforms.base import Files


class Uploads:
    """What the platforms keep of our pictures, and whose turn it is to upload one. All destinations share it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._turns: defaultdict[tuple[Pool, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._keeps_none: set[str] = set()

    @asynccontextmanager
    async def handed(self, pool: Pool, enclosed: Enclosures) -> AsyncIterator[Files]:
        """The pictures as they are handed over; while one is uploaded, others who need it wait, to find its id then."""
        files = await self._files(pool, enclosed)
        if not _has_bytes(files) or pool.platform in self._keeps_none:
            yield files
            return
        async with AsyncExitStack() as turns:
            # All in one order, or two messages could wait for each other.
            for digest in sorted(set(enclosed.digests.values())):
                await turns.enter_async_context(self._turns[pool, digest])
            files = await self._files(pool, enclosed)
            if not _has_bytes(files):
                await turns.aclose()
            yield files

    def awaited(self, platform: str, files: Files) -> bool:
        """True for an upload that spares others theirs."""
        return _has_bytes(files) and platform not in self._keeps_none

    async def learn(self, pool: Pool, enclosed: Enclosures, receipt: Receipt) -> None:
        """Keep what a send's receipt says of its pictures."""
        learned = enclosed.learned(receipt.uploaded)
        if learned:
            await asyncio.to_thread(self._ledger.remember, pool, learned)
        elif enclosed.contents:
            self._keeps_none.add(pool.platform)

    async def forget(self, pool: Pool, enclosed: Enclosures) -> None:
        """The platform does not know the ids any more."""
        await asyncio.to_thread(self._ledger.forget, pool, enclosed.digests.values())

    async def _files(self, pool: Pool, enclosed: Enclosures) -> Files:
        if not enclosed.contents:
            return {}
        known = await asyncio.to_thread(self._ledger.uploaded, pool, enclosed.digests.values())
        return enclosed.handed(known)


def _has_bytes(files: Files) -> bool:
    return any(isinstance(one, bytes) for one in files.values())

"""What a running weektech does for readers' answers between issues: find their places, let go of old ones, report."""

from __future__ import annotations

import asyncio
from datetime import date

from bots import worked
from bots.app import App
from bots.feedback import Filing
from bots.readers import Readers


class Chores:
    """Done in every round; a round without anything to do costs a few look-ups."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._filing = Filing(app.ledger, app.config)
        self._readers = Readers(app.ledger, app.config)
        self._retired: date | None = None

    async def do(self) -> None:
        """Raises LedgerError alone."""
        await asyncio.to_thread(self._tidy)
        await asyncio.to_thread(self._report)

    def _tidy(self) -> None:
        """What was sent in this round may be what something waited for; once a day what is old goes."""
        self._filing.connect()
        now = self._app.clock.now()
        if self._retired != now.date():
            self._filing.retire(now)
            self._retired = now.date()

    def _report(self) -> None:
        """Tell the author what an issue brought, once."""
        after = self._app.config.comments.note
        if after is None:
            return
        letters = self._app.ledger.letters
        told = letters.keys(worked.WORKED)
        for issue in worked.due(self._app.ledger.issues(), after, self._app.clock.now()):
            key = f"{worked.WORKED}:{issue.id}"
            if key not in told:
                letters.write(key, worked.note(self._readers.stats(issue.id)), issue=issue.id)

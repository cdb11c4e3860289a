"""The words of issues that an older weektech published, so that they can be looked up and searched as well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from bots.app import App
from bots.errors import PostError
from bots.ledger import Delivery, IssueText, Past, Texts
from bots.plan import plan

log = logging.getLogger("weektech")


async def shelve(app: App) -> int:
    """Fill in the words of every issue that is out there without them; returns how many there were."""
    found = await asyncio.to_thread(app.ledger.library.wordless)
    for issue in found:
        await asyncio.to_thread(_shelve, app, issue)
    return len(found)


def _shelve(app: App, issue: str) -> None:
    past = app.ledger.past(issue)
    app.ledger.library.keep(issue, _from_file(app, past) or _from_messages(past))


def _from_file(app: App, past: Past) -> Texts | None:
    """None where there is no such file any more, or it can't be told which section is which."""
    if past.issue is None:
        return None
    try:
        made = plan(app.column.issue(Path(past.issue.path), lenient=True), (), past)
    except PostError as error:
        log.info("%s is looked up by its messages: %s", past.issue.id, error)
        return None
    return made.texts if not made.questions else None


def _from_messages(past: Past) -> Texts:
    """What the first of the chats shows; the day is that of its first message."""
    shown = [row for row in past.deliveries if row.out_there and not row.payload.answers]
    rows = [row for row in shown if row.destination == shown[0].destination]
    words = {row.section: _words([one for one in rows if one.section == row.section]) for row in rows}
    return Texts(
        None,
        tuple(IssueText(one.id, one.title, words[one.id], one.position) for one in past.sections if one.id in words),
    )


def _words(rows: Sequence[Delivery]) -> str:
    return "\n".join(row.payload.text for row in sorted(rows, key=lambda row: (row.payload.part, row.seq)))

"""What the column knows of a platform's chats, put together for a listener that looks for what it missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bots.app import App
from bots.platforms.base import Place
from bots.platforms.listening import Known

LOOKED_BACK = timedelta(days=30)
"""How old an issue, or a reader's words, may be to be looked at again."""


def known(app: App, platform: str) -> Known:
    """Reads the ledger."""
    since = app.clock.now() - LOOKED_BACK
    there = {one.name: app.ledger.located(one) for one in app.config.destinations if one.platform == platform}
    recalled = app.ledger.recall(platform, since)
    return Known(
        since=since,
        cursor=app.ledger.inbox.cursor(platform),
        chats=tuple(dict.fromkeys(one.chat for one in there.values())),
        author=app.config.platforms[platform].author or "",
        ours=tuple(
            (replace(there[name], chat=chat or there[name].chat), Place((one,), within))
            for name, one, chat, within in recalled.ours
            if name in there
        ),
        remarks=recalled.remarks,
        totals=recalled.totals,
    )

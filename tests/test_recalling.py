"""What the ledger can tell a listener that looks for what it missed, on both databases."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from bots.ledger import Change, Intent, IssueRow, Ledger, Owner, SectionRow, Task
from bots.ledger.engine import writing
from bots.ledger.recalling import Recalled
from bots.ledger.tables import comments, issues, tallies
from bots.model import Message, Receipt

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = Owner.this_process()
MONTH = timedelta(days=30)
SECTION = SectionRow("a", "A", ("A",), 1, "digest", "opening")
SAID: dict[str, Any] = {
    "platform": "discord",
    "chat": "20",
    "issue": "new",
    "who": "7",
    "name": "Ann",
    "text": "x",
    "marks": "[]",
    "by_author": False,
    "said_at": NOON,
}


def test_recent_messages_words_and_totals_are_recalled(where: str) -> None:
    with closing(Ledger.open(where, now=lambda: NOON)) as ledger:
        send(ledger, "new", 1, 2)
        send(ledger, "old", 1)
        with writing(ledger._engine) as connection:
            long_ago = NOON - 2 * MONTH
            connection.execute(issues.update().where(issues.c.id == "old").values(first_published_at=long_ago))
            rows: list[dict[str, Any]] = [
                {"message_id": "51"},
                {"message_id": "52", "edited_at": NOON},
                {"message_id": "53", "gone_at": NOON},
                {"message_id": "54", "said_at": long_ago},
                {"message_id": "55", "platform": "telegram"},
            ]
            for row in rows:
                connection.execute(insert(comments).values(**{**SAID, **row}))
            for platform, message, number in (("discord", "1", 3), ("discord", "2", 0), ("telegram", "1", 5)):
                counted = {"platform": platform, "chat": "20", "message_id": message, "number": number}
                connection.execute(insert(tallies).values(reaction="👍", updated_at=NOON, **counted))
        assert ledger.recall("discord", NOON - MONTH) == Recalled(
            ours=(("server", "new-1", "20", "9"), ("server", "new-2", "20", "9")),
            remarks={("20", "51"): None, ("20", "52"): NOON},
            totals={("20", "1"): {"👍": 3}},
        )


def send(ledger: Ledger, issue: str, *parts: int) -> None:
    """Parts of the issue, out there in thread 9 of channel 20."""
    messages = [Message("a", part, "createMessage", {}, "x") for part in parts]
    changes = [Change("server", "a", one.part, Task.SEND, one, "words") for one in messages]
    ledger.record(IssueRow(issue, issue, issue, f"posts/{issue}.md"), [SECTION], changes)
    for row in ledger.deliveries(issue, "server"):
        claimed = ledger.claim(row, ME, Intent(chat="20", within="9"))
        ledger.confirm(claimed, Receipt((f"{issue}-{row.part}",)))

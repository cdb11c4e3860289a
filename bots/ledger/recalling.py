"""What the ledger knows of a platform's chats, for a listener that looks for what it missed: queries only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bots.ledger.tables import comments, deliveries, issues, messages, tallies
from bots.model import State


@dataclass(frozen=True, slots=True)
class Recalled:
    """Of one platform."""

    ours: tuple[tuple[str, str, str | None, str | None], ...]
    """Destination, message id, and the chat and the thread in which it is, as far as that was written down."""
    remarks: Mapping[tuple[str, str], datetime | None]
    """Chat and id of readers' messages that are there as far as we know, and when each was changed last."""
    totals: Mapping[tuple[str, str], Mapping[str, int]]
    """Chat and id of messages to their reactions."""


def recall(connection: Connection, platform: str, since: datetime) -> Recalled:
    """Messages of issues first published since then, readers' words said since then, and all totals."""
    ours = (
        select(deliveries.c.destination, messages.c.message_id, deliveries.c.chat, deliveries.c.within)
        .join(messages, messages.c.delivery == deliveries.c.id)
        .join(issues, issues.c.id == deliveries.c.issue)
        .where((issues.c.first_published_at >= since) & (deliveries.c.state != State.DELETED.value))
        .order_by(messages.c.delivery, messages.c.ord)
    )
    said = select(comments.c.chat, comments.c.message_id, comments.c.edited_at).where(
        (comments.c.platform == platform) & (comments.c.said_at >= since) & comments.c.gone_at.is_(None)
    )
    counted = select(tallies).where((tallies.c.platform == platform) & (tallies.c.number > 0))
    totals: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in connection.execute(counted):
        totals[row.chat, row.message_id][row.reaction] = row.number
    return Recalled(
        tuple((row.destination, row.message_id, row.chat, row.within) for row in connection.execute(ours)),
        {(row.chat, row.message_id): row.edited_at for row in connection.execute(said)},
        dict(totals),
    )

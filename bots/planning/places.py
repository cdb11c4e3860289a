"""Where the messages of an issue are, as far as others need to know it: links to them, and the thread they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bots.ledger import Delivery, Task
from bots.model import Destination, Message


def addresses(rows: Iterable[Delivery]) -> dict[str, str]:
    """Section to the address of its first message that readers can see and that will stay."""
    staying = [row for row in rows if row.out_there and row.task is not Task.DELETE and row.url and not row.left_over]
    staying = [row for row in staying if not row.payload.answers]
    found: dict[str, str] = {}
    for row in sorted(staying, key=lambda row: (row.payload.part, row.seq)):
        found.setdefault(row.section, row.url or "")
    return found


def links_of(message: Message, urls: Mapping[str, str]) -> dict[str, str]:
    """The part of `urls` that the message's slots use."""
    return {slot.section: urls[slot.section] for slot in message.slots if slot.section in urls}


def head_of(rows: Iterable[Delivery]) -> Delivery | None:
    """The issue's first message in one destination: the one a thread belongs to."""
    outside = [row for row in rows if not row.payload.inside and not row.payload.answers]
    staying = [row for row in outside if row.out_there and row.task is not Task.DELETE]
    return min(staying or outside, key=lambda row: row.seq, default=None)


def thread_of(rows: Iterable[Delivery]) -> str | None:
    """Id of the thread the issue's messages go into, None while there is none.

    It is the one others are in already: a thread outlives its first message.
    """
    rows = tuple(rows)
    used = [row.within for row in rows if row.out_there and row.within and not row.left_over]
    head = head_of(rows)
    return used[-1] if used else head.ids[0] if head is not None and head.out_there else None


def answered(rows: Iterable[Delivery], section: str, chat: str, within: str | None) -> str | None:
    """Id of the section's first message that one in the same chat, or in the thread `within`, can reply to."""
    own = [row for row in rows if row.section == section and row.out_there and not row.payload.answers]
    near = [row for row in own if row.chat in {None, chat} and within in {row.within, row.ids[0]}]
    staying = [row for row in near if row.task is not Task.DELETE and not row.left_over]
    return min(staying, key=lambda row: (row.payload.part, row.seq)).ids[0] if staying else None


def renamed(
    rows: Iterable[Delivery], destinations: Iterable[Destination], configured: Iterable[str]
) -> tuple[str, ...]:
    """Questions for destinations whose chat has the issue already, under a name that config.yaml names no more."""
    rows, configured = tuple(rows), frozenset(configured)
    served = {row.destination for row in rows}
    left = {row.chat: row.destination for row in rows if row.out_there and row.destination not in configured}
    return tuple(
        f"{one.name} is {one.chat}, where the issue is already, published as {left[one.chat]}: call it that again."
        for one in destinations
        if one.topic is None and one.name not in served and one.chat in left
    )

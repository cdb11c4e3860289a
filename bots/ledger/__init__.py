"""The ledger: what is out there, what is to be sent, and what became of it."""

from bots.ledger.leases import Owner
from bots.ledger.rows import Change, Delivery, Intent, IssueRow, Past, Pool, SectionRow, Task, Trouble
from bots.ledger.store import Ledger

__all__ = [
    "Change",
    "Delivery",
    "Intent",
    "IssueRow",
    "Ledger",
    "Owner",
    "Past",
    "Pool",
    "SectionRow",
    "Task",
    "Trouble",
]

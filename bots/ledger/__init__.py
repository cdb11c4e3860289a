"""The ledger: what is out there, what is to be sent, and what became of it."""

from bots.ledger.leases import Owner
from bots.ledger.rows import Change, Delivery, IssueRow, Past, SectionRow, Task, Trouble
from bots.ledger.store import Ledger

__all__ = ["Change", "Delivery", "IssueRow", "Ledger", "Owner", "Past", "SectionRow", "Task", "Trouble"]

"""The ledger: what is out there, what is to be sent, and what became of it."""

from bots.ledger.comments import Comment, Remark
from bots.ledger.feedback import Feedback
from bots.ledger.inbox import Inbox, Stored, Update
from bots.ledger.leases import Owner
from bots.ledger.letters import Choice, Letter, Letters, LetterState
from bots.ledger.library import Hit, Hits, Volume
from bots.ledger.places import Home, Spot
from bots.ledger.reactions import Tally
from bots.ledger.readers import Subscriber
from bots.ledger.rows import (
    Adoption,
    Change,
    Delivery,
    Intent,
    IssueRow,
    IssueText,
    Past,
    Pool,
    SectionRow,
    Task,
    Texts,
    Trouble,
)
from bots.ledger.rulings import Pause, Ruling, Rulings
from bots.ledger.store import Ledger

__all__ = [
    "Adoption",
    "Change",
    "Choice",
    "Comment",
    "Delivery",
    "Feedback",
    "Hit",
    "Hits",
    "Home",
    "Inbox",
    "Intent",
    "IssueRow",
    "IssueText",
    "Ledger",
    "Letter",
    "LetterState",
    "Letters",
    "Owner",
    "Past",
    "Pause",
    "Pool",
    "Remark",
    "Ruling",
    "Rulings",
    "SectionRow",
    "Spot",
    "Stored",
    "Subscriber",
    "Tally",
    "Task",
    "Texts",
    "Trouble",
    "Update",
    "Volume",
]

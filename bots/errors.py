"""What can go wrong, classed by what the caller should do about it.

WeektechError
├── PostError          fix the post: file, line, remedy
├── ConfigError        fix config.yaml or the environment: file, line, remedy
├── LedgerError        the ledger can't be used: locked by another writer, unreadable, disk full
│   ├── Busy           another command is at work there, or was a moment ago: the same may succeed later
│   └── Mistaken       a number or a word that fits nothing there; the ledger itself is well
│       └── Settled    a question that is not, or no longer, to be answered like that
├── PlanRefused        the plan is larger than the column allows without being asked
└── SendError          a platform said no, or nothing
    ├── NotSent        provably not delivered
    │   ├── TryLater     the same call may succeed later (rate window, unreachable, overloaded)
    │   ├── Rejected     the platform refuses this content: repeating it changes nothing
    │   ├── ChatClosed   rights, chat or topic are missing: pause the destination, tell the author
    │   │   └── ReaderGone  a reader does not want to hear from the bot, or is no more: never try again
    │   ├── Gone         the message to edit or delete no longer exists
    │   └── TokenRejected  the token is wrong or revoked: stop everything on this platform
    └── InDoubt        it may or may not be out there: never repeat it blindly
"""

from __future__ import annotations

from pathlib import Path


class WeektechError(Exception):
    """Base of everything weektech raises on purpose. `str()` is what the author reads."""


class _Located(WeektechError):
    """An error in a file. `line` counts from 1, None when the whole file is meant."""

    def __init__(self, what: str, *, path: Path | str | None = None, line: int | None = None, remedy: str = "") -> None:
        self.what, self.path, self.line, self.remedy = what, path, line, remedy
        super().__init__(what)

    def __str__(self) -> str:
        where = "" if self.path is None else f"{self.path}:{self.line}: " if self.line else f"{self.path}: "
        return f"{where}{self.what}" + (f" {self.remedy}" if self.remedy else "")


class PostError(_Located):
    """A post can't be published as it stands."""


class ConfigError(_Located):
    """config.yaml or an environment variable is wrong."""


class LedgerError(WeektechError):
    """The ledger can't be read or written now; what was sent before is in it, and nothing more is sent."""


class Busy(LedgerError):
    """Another command is at work there, or was since one looked; the ledger itself is well."""


class Mistaken(LedgerError):
    """A number or a word of the author's that fits nothing in the ledger; the ledger itself is well."""


class Settled(Mistaken):
    """A question that is not, or no longer, to be answered like that."""


class PlanRefused(WeektechError):
    """The plan would delete or resend more than allowed, or two readings of a correction are possible."""


class SendError(WeektechError):
    """A call to a platform failed.

    `code` is the platform's own code or class name and is safe to log; the message never carries a token.
    """

    def __init__(self, what: str, *, code: str = "", remedy: str = "") -> None:
        self.what, self.code, self.remedy = what, code, remedy
        super().__init__(what)

    def __str__(self) -> str:
        return self.what + (f" {self.remedy}" if self.remedy else "")


class NotSent(SendError):
    """The platform provably did not take the call."""


class TryLater(NotSent):
    """The same call may succeed later. `after` is in seconds, 0 when the platform named no time.

    `here` says that it is this chat that has to wait, and no other.
    """

    def __init__(self, what: str, *, code: str = "", remedy: str = "", after: float = 0.0, here: bool = False) -> None:
        super().__init__(what, code=code, remedy=remedy)
        self.after, self.here = after, here


class Rejected(NotSent):
    """The platform refuses this content."""


class ChatClosed(NotSent):
    """The chat can't be written to: not found, kicked, a right is missing, a topic is closed.

    `moved_to` is the chat's new id when a basic group became a supergroup.
    """

    def __init__(self, what: str, *, code: str = "", remedy: str = "", moved_to: str | None = None) -> None:
        super().__init__(what, code=code, remedy=remedy)
        self.moved_to = moved_to


class ReaderGone(ChatClosed):
    """The reader blocked the bot, or the account is gone."""


class Gone(NotSent):
    """The message to edit or to delete does not exist any more."""


class TokenRejected(NotSent):
    """The platform does not know the token."""


class InDoubt(SendError):
    """The call may have been carried out: the answer was lost, late or unreadable."""

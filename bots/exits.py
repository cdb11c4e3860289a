"""Exit codes, for scripts and for CI."""

from __future__ import annotations

from bots.errors import LedgerError, Mistaken, SendError, WeektechError

OK = 0
WRONG_INPUT = 1
"""A post, config.yaml or the set-up is wrong; nothing was sent."""
WRONG_WORDS = 2
"""The command line names something that is not there, or can't be done with it; nothing was done."""
NOT_DELIVERED = 3
"""Something failed or is in doubt; `weektech status` names it."""
BUSY = 4
"""The ledger can't be used now: another weektech is writing, or the disk is full."""


def of(error: WeektechError) -> int:
    """The code a command ends with when this error reaches the top."""
    match error:
        case Mistaken():
            return WRONG_WORDS
        case LedgerError():
            return BUSY
        case SendError():
            return NOT_DELIVERED
        case _:
            return WRONG_INPUT

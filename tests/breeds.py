"""Other breeds of weektech, for simulated lives: its rules for what is in doubt, and bugs on purpose."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bots.errors import InDoubt, TryLater
from bots.ledger import Delivery
from bots.model import Destination, Message, Receipt
from bots.pacing import Pace
from bots.platforms.base import Attempt, Files
from bots.publisher import Rules
from tests.fakeworld import MortalLedger
from tests.simchat import PACES, Client
from tests.simulation import Breed


class Hopeful(Client):
    """Takes what is not there yet for what will never be, and trusts that the nonce is remembered."""

    patience = 0.0


class Hasty(Client):
    """Says that a message is out there before it is."""

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        self.process.live()
        work = asyncio.ensure_future(super().send(destination, message, files, attempt))
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        await self.server.clock.sleep(0.0)
        return self.server.receipt(destination, "0")


class Retrying(Client):
    """A library that repeats a call by itself whenever the answer is lost."""

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        try:
            return await super().send(destination, message, files, attempt)
        except (InDoubt, TryLater):
            return await super().send(destination, message, files, attempt)


class Backwards(MortalLedger):
    """Hands out what is to be sent in the wrong order."""

    def deliveries(self, issue_id: str, destination: str) -> tuple[Delivery, ...]:
        return super().deliveries(issue_id, destination)[::-1]


class Forgetful(MortalLedger):
    """Does not see what the last process left behind."""

    def unsettled(self, destination: str) -> tuple[Delivery, ...]:
        return ()


class Restless(MortalLedger):
    """Does not hear that sending is paused."""

    def paused(self) -> str | None:
        return None


UNBOUND = {name: replace(one, chat=Pace(), private=Pace()) for name, one in PACES.items()}

BREEDS = {
    "resending": Breed(rules=Rules(in_doubt="resend")),
    "skipping": Breed(rules=Rules(in_doubt="skip")),
    "hopeful": Breed(Hopeful),
    "hasty": Breed(Hasty),
    "retrying": Breed(Retrying),
    "backwards": Breed(ledger=Backwards),
    "forgetful": Breed(ledger=Forgetful),
    "restless": Breed(ledger=Restless),
    "unbound": Breed(paces=UNBOUND),
}

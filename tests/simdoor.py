"""What stands between a running column and a simulated world: its author's file and its platforms' doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from bots.app import App
from bots.errors import SendError
from bots.model import Destination, Message, Receipt
from bots.platforms.base import Attempt, Files, Sender
from tests.fakechat import Process
from tests.simauthor import Author
from tests.simchat import Client, Server

AUTHOR, DESK = "9", "author"
"""The author's id on both platforms, and the name under which weektech writes there."""


class Keeper(Protocol):
    """Who knows what may leave now."""

    def leaves(self, destination: Destination, message: Message) -> None:
        """A send is about to leave."""

    def calls(self, destination: Destination, what: str) -> None:
        """Any call is about to leave."""


class Writer(Author):
    """Writes a file: words only."""

    def markdown(self, due: datetime) -> str:
        parts = [f"---\ntitle: One\ndate: {due.isoformat()}\n---", self.lead]
        for one in self.sections:
            parts += [f"# {one.title}", *one.paragraphs]
        return "\n\n".join(parts) + "\n"

    def _paragraph(self) -> str:
        return self._words(4)


class Door(Client):
    """The port of one process; what may not leave now is noticed at the door."""

    keeper: Keeper

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        self.process.live()
        if destination.name != DESK:
            self.keeper.leaves(destination, message)
        return await super().send(destination, message, files, attempt)

    async def call(
        self, destination: Destination, what: str, arrive: Callable[[], Receipt], *, send: bool = False
    ) -> Receipt:
        if destination.name != DESK:
            self.keeper.calls(destination, what)
        return await super().call(destination, what, arrive, send=send)


class Host(Server):
    """A platform that does not count what is written to the author."""

    def admit(self, destination: Destination, what: str, process: Process) -> SendError | None:
        return None if destination.name == DESK else super().admit(destination, what, process)


class OwnApp(App):
    """An app whose senders are ours."""

    doors: dict[str, Door]

    async def sender(self, platform: str) -> Sender:
        return self.doors[platform]

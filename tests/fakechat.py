"""A platform of our own that implements the port in memory: its chats remember everything, its faults are ordered."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError
from bots.model import Destination, Kind, Message, Receipt
from bots.platforms.base import Attempt, Files, Place, Verdict
from tests.virtual import VirtualClock

T = TypeVar("T")
Fault = SendError | Exception


class Killed(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Process:
    """A process that dies at its n-th point, and stays dead: nothing it would do afterwards happens."""

    dies_at: int = 0
    passed: list[str] = field(default_factory=list)
    dead: bool = False

    def point(self, name: str) -> None:
        self.live()
        self.passed.append(name)
        if len(self.passed) == self.dies_at:
            self.dead = True
            raise Killed(name)

    def live(self) -> None:
        if self.dead:
            raise Killed("already dead")


@dataclass(slots=True)
class Shown:
    """A message as the chat has it."""

    message: Message
    nonce: str
    chat: str
    """Id of the chat it was sent to."""
    within: str | None = None
    answers: str | None = None
    """Text of the message it replies to."""
    deleted: bool = False
    finished: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Chat:
    """What readers see. It remembers everything, also what was taken back."""

    shown: dict[str, Shown] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [one.message.text for one in self.shown.values() if not one.deleted]

    @property
    def finished(self) -> dict[str, set[str]]:
        """Text to what was done to it in the end."""
        return {one.message.text: one.finished for one in self.shown.values() if one.finished}


class Platform:
    """Our own port, in memory. `remembers`: it can tell by the nonce whether a send arrived, as Discord can."""

    def __init__(self, clock: VirtualClock, *, remembers: bool) -> None:
        self.clock, self.remembers = clock, remembers
        self.chats: dict[str, Chat] = {}
        self.faults: dict[int, tuple[Fault, bool]] = {}
        """Number of the call, from 1, to the error and whether the call was carried out all the same."""
        self.refusing: dict[str, SendError] = {}
        """Beginning of a call, such as `finish`, to the error it ends with until this is taken away."""
        self.moved: dict[str, str] = {}
        """Chat id to the id it lives on under."""
        self.evidence: SendError = InDoubt("Nobody can tell.", code="no evidence")
        """What looking for evidence ends with where there is none."""
        self.kept: dict[str, bytes] = {}
        """Pictures this platform can send again, by its own ids; those that can tell keep none, as Discord."""
        self.closed: SendError | None = None
        """Why no chat can be written to, None when all can."""
        self.checks = 0
        self.uploads = 0
        self.count = 0
        self.answer = 0.2
        self.process = Process()
        self.ids = itertools.count(100)

    def chat(self, destination: Destination) -> Chat:
        return self.chats.setdefault(destination.name, Chat())

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def names(self, destination: Destination) -> frozenset[str]:
        return frozenset({destination.chat})

    async def check(self, destination: Destination) -> Verdict:
        self.checks += 1
        if isinstance(self.closed, ChatClosed):
            return Verdict(ok=False, title=destination.name, problems=(str(self.closed),))
        if self.closed is not None:
            raise self.closed
        return Verdict(ok=True, title=destination.name)

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        chat = self.chat(destination)

        def arrive() -> Receipt:
            uploaded = self.taken(files)
            name = str(next(self.ids))
            answers = chat.shown[attempt.answers].message.text if attempt.answers else None
            chat.shown[name] = Shown(message, attempt.nonce, destination.chat, attempt.within, answers)
            return self.receipt(destination, name, uploaded)

        assert sorted(files) == sorted(file.name for file in message.files if not file.missing)
        assert (attempt.within is not None) == message.inside
        assert message.answers or attempt.answers is None
        assert attempt.within is None or not chat.shown[attempt.within].message.inside
        return await self.call(destination, f"send {message.text}", arrive)

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        def arrive() -> Receipt:
            shown = self.found(destination, place)
            assert shown.message.body in (old.body, new.body)
            shown.message = new
            return self.receipt(destination, place.ids[0], self.taken(files))

        return await self.call(destination, f"edit {new.text}", arrive)

    async def delete(self, destination: Destination, place: Place) -> None:
        def arrive() -> None:
            self.found(destination, place).deleted = True

        await self.call(destination, f"delete {self.found(destination, place).message.text}", arrive)

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        def arrive() -> None:
            assert all(one.message.body.get("links") or not one.message.slots for one in self.living(destination))
            self.found(destination, place).finished.update(message.after)

        assert message.after
        await self.call(destination, f"finish {message.text}", arrive)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        self.process.live()
        assert (attempt.within is not None) == message.inside
        if not self.remembers:
            raise self.evidence
        found = [name for name, one in self.chat(destination).shown.items() if one.nonce == attempt.nonce]
        return self.receipt(destination, found[0]) if found else None

    async def recognise(self, destination: Destination, place: Place, urls: Sequence[str | None]) -> bool:
        if place.ids[0] not in self.chat(destination).shown:
            raise Gone("There is no such message.")
        return self.remembers

    async def call(self, destination: Destination, what: str, arrive: Callable[[], T]) -> T:
        self.process.live()
        if destination.chat in self.moved:
            raise ChatClosed("The group became a supergroup.", moved_to=self.moved[destination.chat])
        self.count += 1
        fault, arrived = self.faults.get(self.count, (None, True))
        refusal = next((error for words, error in self.refusing.items() if what.startswith(words)), None)
        self.chat(destination).calls.append(what)
        result = arrive() if arrived and refusal is None else None
        await self.clock.sleep(self.answer)
        for error in (refusal, fault):
            if error is not None:
                raise error
        assert result is not None or what.startswith(("delete", "finish"))
        return result  # type: ignore[return-value] # only deleting and finishing have no result

    def found(self, destination: Destination, place: Place) -> Shown:
        """The message at a place; it must be asked for in the chat and the thread that it is in."""
        shown = self.chat(destination).shown[place.ids[0]]
        assert (shown.chat, shown.within) == (destination.chat, place.within)
        return shown

    def living(self, destination: Destination) -> list[Shown]:
        return [one for one in self.chat(destination).shown.values() if not one.deleted]

    def taken(self, files: Files) -> dict[str, str]:
        """Take the pictures, those known by id too; returns the ids of all."""
        if any(isinstance(given, str) and given not in self.kept for given in files.values()):
            raise Rejected("wrong file identifier", code="stale upload")
        self.uploads += sum(isinstance(given, bytes) for given in files.values())
        if self.remembers:
            return {}
        ids: dict[str, str] = {}
        for name, given in files.items():
            ids[name] = given if isinstance(given, str) else f"file {len(self.kept)}"
            self.kept.setdefault(ids[name], given if isinstance(given, bytes) else b"")
        return ids

    def receipt(self, destination: Destination, name: str, uploaded: dict[str, str] | None = None) -> Receipt:
        url = None if destination.kind in {Kind.GROUP, Kind.PRIVATE} else f"https://chat/{destination.name}/{name}"
        return Receipt((name,), url, uploaded or {})

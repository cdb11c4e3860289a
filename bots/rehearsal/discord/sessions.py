"""Gateway sessions: numbered dispatches, kept for a while so that a client that comes back misses nothing."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bots.rehearsal.discord.dispatch import Ear
from bots.rehearsal.discord.intents import Intent

WINDOW = timedelta(minutes=3)
"""How long a session outlives its connection: "a few minutes" (discord.md 7.3)."""
KEPT = 10_000
"""Dispatches kept for a client that comes back."""
ENDING = (1000, 1001)
"""A client that closes with these doesn't come back."""


class Op:
    """Opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE = 4
    RESUME = 6
    RECONNECT = 7
    MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    ACK = 11


class Close:
    """Close codes of the gateway's own."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    WRONG_TOKEN = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


@dataclass(eq=False, slots=True)
class Link:
    """One connection, whatever carries it. Both functions may be called from any thread and don't wait."""

    send: Callable[[str], None]
    close: Callable[[int], None]
    """With a close code; 0 breaks the connection off without a word."""
    origin: str
    """Scheme, host and port under which attachments can be fetched."""
    session: Session | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    """Tells it from every other connection there ever was."""

    def say(self, op: int, data: object = None) -> None:
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}, ensure_ascii=False))


@dataclass(eq=False, slots=True)
class Session:
    """What one IDENTIFY began."""

    ear: Ear
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    link: Link | None = None
    """None while the client is away."""
    sequence: int = 0
    sent: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    """The last dispatches; the very last has the number `sequence`."""
    left: datetime | None = None
    """Since when the client is away."""

    @property
    def intents(self) -> Intent:
        return self.ear.intents

    def dispatch(self, name: str, data: Mapping[str, Any]) -> None:
        """Number an event and send it, or keep it for a client that is away."""
        self.sequence += 1
        frame = json.dumps({"op": Op.DISPATCH, "t": name, "s": self.sequence, "d": data}, ensure_ascii=False)
        self.sent.append(frame)
        if self.link is not None:
            self.link.send(frame)

    @property
    def forgotten(self) -> int:
        """How many dispatches can't be repeated any more."""
        return self.sequence - len(self.sent)

    def over(self, now: datetime) -> bool:
        """True once the client has been away for too long."""
        return self.left is not None and now - self.left > WINDOW

    def resume(self, link: Link, seen: int) -> None:
        """Go on over a new connection: everything after `seen`, then the word that this was all."""
        self.link, self.left = link, None
        for frame in list(self.sent)[seen - self.forgotten :]:
            link.send(frame)
        self.dispatch("RESUMED", {"_trace": []})

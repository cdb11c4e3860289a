"""A reader at the counter, and what is handed over: plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bots.model import Button
from bots.platforms.listening import Enclosed
from bots.wording import Tongue

Rows = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and where."""

    platform: str
    who: str
    chat: str
    private: bool
    say: Tongue
    """In the reader's language."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: words of ours with buttons below them, then messages of an issue."""

    text: str = ""
    rows: Rows = ()
    enclosed: tuple[Enclosed, ...] = ()


class Remark(Protocol):
    """A reader's comment."""

    @property
    def section(self) -> str | None: ...

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def said_at(self) -> datetime: ...


Comments = Callable[[str], Sequence[Remark]]
"""The comments on an issue that everybody may see, oldest first; synchronous."""

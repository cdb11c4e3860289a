"""The steps of a plan, and a section on its way to becoming some. Pure values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bots.ledger import Change, Delivery, Task
from bots.ledger.codec import fingerprint
from bots.model import Destination, Message, State
from bots.planning import worddiff
from bots.planning.sources import Sources, redrawn
from bots.platforms.base import Renderer


class Action(StrEnum):
    """What a step does."""

    SEND = "send"
    EDIT = "edit"
    KEEP = "keep"
    DELETE = "delete"
    LINK = "link"
    """Resolve the contents message's links, after the last part."""
    FINISH = "finish"
    """Crosspost, pin: what is done to a message once everything is out there and linked."""
    BLOCKED = "blocked"
    """An earlier send has an unknown outcome: the destination waits."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be in one destination."""

    destination: Destination
    renderer: Renderer
    messages: Sequence[Message]
    """In sending order, as rendered."""
    errata: Sequence[Message] = ()
    """What answers to them, section by section; only those learn of it who read the section before."""
    only: frozenset[str] | None = None
    """Ids in the ledger of the sections that go there; None for all of them."""

    def takes(self, message: Message) -> bool:
        """True for a message that goes there, its section named as in the ledger."""
        return self.only is None or message.section in self.only


@dataclass(frozen=True, slots=True)
class Step:
    """One call, or the decision that none is needed."""

    action: Action
    destination: str
    section: str
    title: str
    part: int
    """The ledger's number of the part."""
    why: str
    """A reason in words."""
    old: Message | None = None
    """What readers see now."""
    new: Message | None = None
    """What they will see."""
    row: Delivery | None = None
    change: Change | None = None
    """What the ledger has to record for it."""
    gone: bool = False
    """A DELETE because the whole section left the file."""
    behind: bool = False
    """BLOCKED, and the section has changed since: only another plan, once the doubt is settled, can correct it."""

    @property
    def weight(self) -> int:
        """Calls it costs, an album's pictures counted."""
        if self.action in {Action.KEEP, Action.BLOCKED}:
            return 0
        return max(1, len(self.new.files)) if self.action is Action.SEND and self.new else 1

    @property
    def diff(self) -> tuple[worddiff.Piece, ...]:
        """The words that change; () for a step that changes none."""
        if self.action not in {Action.SEND, Action.EDIT, Action.DELETE}:
            return ()
        return worddiff.diff(self.old.text if self.old else "", self.new.text if self.new else "")


@dataclass(frozen=True, slots=True)
class Here:
    """The section being compared."""

    wanted: Wanted
    section: str
    title: str
    source: str
    """The section's source, "" when it left the file."""
    sources: Sources
    messages: tuple[Message, ...]
    """As wanted now."""
    rows: tuple[Delivery, ...]
    """Those not taken back, in reading order."""
    next_part: int
    errata: tuple[Message, ...] = ()
    """As wanted now; `rows` holds those that are out there too."""
    known: tuple[str, ...] = ()
    """Words of errata that were there when the section first went out, so nobody has to be told."""

    def step(self, action: Action, why: str, row: Delivery | None, new: Message | None) -> Step:
        number = row.part if row else self.next_part
        change = self._change(action, number, row, new)
        old = row.payload if row and row.out_there else None
        gone = action is Action.DELETE and not self.messages
        name = self.wanted.destination.name
        return Step(action, name, self.section, self.title, number, why, old, new, row, change, gone)

    def noted(self, new: Message, why: str) -> Step:
        """An erratum that is known from now on, and never sent."""
        change = Change(
            self.wanted.destination.name,
            self.section,
            self.next_part,
            Task.NONE,
            new,
            self.sources.own(self.source, new),
        )
        return replace(self.step(Action.KEEP, why, None, new), change=change)

    def todo(self, row: Delivery) -> tuple[str, ...]:
        """What is left to do to a message that stays, without what the author does not want any more."""
        wanted = {what for message in self.wanted.messages for what in message.after}
        return tuple(what for what in row.todo if what in wanted)

    def _change(self, action: Action, part: int, row: Delivery | None, new: Message | None) -> Change | None:
        """The record of a step. A KEEP records a source that changed without a visible difference."""
        name = self.wanted.destination.name
        match action:
            case Action.SEND | Action.EDIT if new is not None:
                return Change(
                    name, self.section, part, Task(action.value), new, self.sources.own(self.source, new), row
                )
            case Action.DELETE if row is not None:
                return Change(name, self.section, part, Task.DELETE, row.payload, row.source, row)
            case Action.KEEP if row is not None and new is not None:
                source, todo = self.sources.own(self.source, new), self.todo(row)
                changed = row.source != source or row.task is not Task.NONE or todo != row.todo
                return Change(name, self.section, part, Task.NONE, row.payload, source, row, todo) if changed else None
            case _:
                return None


def resumed(here: Here, row: Delivery) -> Step:
    """The step that finishes what an earlier plan wanted of the row."""
    again = f"failed: {row.error}" if row.state is State.FAILED else "not done yet"
    match row.task:
        case Task.SEND:
            step = here.step(Action.SEND, again, row, row.payload)
        case Task.EDIT if row.target is not None:
            step = here.step(Action.EDIT, again, row, row.target)
        case Task.DELETE:
            step = here.step(Action.DELETE, again, row, None)
        case _ if row.passed_over:
            return _left_alone(here, row)
        case _:
            step = here.step(Action.KEEP, "as it should be", row, row.payload)
            if here.todo(row) == row.todo:
                return replace(step, change=None)
    source = aimed_source(row)
    return replace(step, change=replace(step.change, source=source) if step.change else None)


def _left_alone(here: Here, row: Delivery) -> Step:
    """What may be out there is sent only when it has changed, what the author saw there not even then; nothing is
    recorded, the ledger keeps that it may not."""
    return replace(here.step(Action.KEEP, f"passed over: {row.error}", row, row.payload), change=None)


def paired(here: Here, row: Delivery, new: Message) -> Step:
    """The step that makes the row what the file says now."""
    if row.vouched or (row.passed_over and fingerprint(new) == fingerprint(row.payload)):
        return _left_alone(here, row)
    if not row.out_there:
        return here.step(Action.SEND, "not sent yet", row, new)
    # An edit that was begun may have arrived: only another edit makes sure of what readers see.
    begun = row.task is Task.EDIT and row.state in {State.SENDING, State.IN_DOUBT}
    if begun or fingerprint(new) != fingerprint(row.payload):
        return here.step(Action.EDIT, "the section changed", row, new)
    if redrawn(row.source, here.sources.own(here.source, new)):
        return here.step(Action.EDIT, "a picture changed", row, new)
    return here.step(Action.KEEP, "as it should be", row, new)


def aimed_source(row: Delivery) -> str:
    """The source of what the row is meant to become, or is."""
    return row.target_source if row.task is Task.EDIT else row.source

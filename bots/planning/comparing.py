"""One destination: its wanted messages against its rows in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bots.ledger import Change, Delivery, Task
from bots.ledger.codec import fingerprint
from bots.model import Destination, Message, State
from bots.planning import worddiff
from bots.planning.aligning import align
from bots.planning.places import addresses, links_of
from bots.planning.sources import Sources, redrawn, unchanged
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
class _Here:
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

    def step(self, action: Action, why: str, row: Delivery | None, new: Message | None) -> Step:
        number = row.part if row else self.next_part
        change = self._change(action, number, row, new)
        old = row.payload if row and row.out_there else None
        gone = action is Action.DELETE and not self.messages
        name = self.wanted.destination.name
        return Step(action, name, self.section, self.title, number, why, old, new, row, change, gone)

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


def compare(wanted: Wanted, rows: Sequence[Delivery], sources: Sources, titles: Mapping[str, str]) -> list[Step]:
    """The steps for one destination, in the order they will be carried out.

    Contents and deletions come late, and last of all what needs everything to be as it shall be.
    """
    ids = dict.fromkeys([*(message.section for message in wanted.messages), *(row.section for row in rows)])
    steps = [step for section in ids for step in _section(_here(wanted, section, rows, sources, titles))]
    late = [step for step in steps if step.action is Action.DELETE]
    contents = [step for step in steps if step.action is Action.EDIT and step.new and step.new.slots]
    first = [step for step in steps if step not in late and step not in contents]
    return first + (contents or _link(wanted, steps, rows)) + late + _finish(steps)


def _here(wanted: Wanted, section: str, rows: Iterable[Delivery], sources: Sources, titles: Mapping[str, str]) -> _Here:
    messages = tuple(message for message in wanted.messages if message.section == section)
    every = [row for row in rows if row.section == section]
    staying = (row for row in every if row.state is not State.DELETED and not row.left_over)
    live = sorted(staying, key=lambda row: (_shown(row).part, row.seq))
    source = sources.of(section, messages) if messages else ""
    following = 1 + max((row.part for row in every), default=0)
    return _Here(wanted, section, titles.get(section, section), source, sources, messages, tuple(live), following)


def _section(here: _Here) -> Iterator[Step]:
    if any(row.unsettled for row in here.rows):
        return _waiting(here)
    if not here.messages:
        return (here.step(Action.DELETE, "left the file", row, None) for row in here.rows)
    untouched = not any(row.out_there or row.passed_over for row in here.rows)
    same = bool(here.rows) and all(unchanged(_aimed_source(row), here.source) for row in here.rows if not _going(row))
    return _as_recorded(here) if same and not untouched else _corrected(here)


def _waiting(here: _Here) -> Iterator[Step]:
    for row in here.rows:
        if row.unsettled:
            yield here.step(Action.BLOCKED, f"{row.state}: {row.error or 'the answer is missing'}", row, row.payload)
        else:
            yield _resumed(here, row)


def _as_recorded(here: _Here) -> Iterator[Step]:
    """The source is the same: whatever the renderer says today, what was planned stays as it is."""
    return (_resumed(here, row) for row in here.rows)


def _resumed(here: _Here, row: Delivery) -> Step:
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
    source = _aimed_source(row)
    return replace(step, change=replace(step.change, source=source) if step.change else None)


def _corrected(here: _Here) -> Iterator[Step]:
    """The source changed, or nothing of the section is out there yet."""
    usable = [row for row in here.rows if not _going(row)]
    pairs = align(usable, here.messages, lambda row, new: _editable(here.wanted.renderer, row, new))
    for row, new in pairs:
        if row is None and new is not None:
            yield here.step(Action.SEND, _why_new(here, usable), None, new)
            here = replace(here, next_part=here.next_part + 1)
        elif row is not None and new is not None:
            yield _paired(here, row, new)
        elif row is not None:
            yield here.step(Action.DELETE, "not needed any more", row, None)
    yield from (here.step(Action.DELETE, "not done yet", row, None) for row in here.rows if _going(row))


def _left_alone(here: _Here, row: Delivery) -> Step:
    """What may be out there is sent only when it has changed; nothing is recorded, the ledger keeps that it may not."""
    return replace(here.step(Action.KEEP, f"passed over: {row.error}", row, row.payload), change=None)


def _paired(here: _Here, row: Delivery, new: Message) -> Step:
    if row.passed_over and fingerprint(new) == fingerprint(row.payload):
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


def _why_new(here: _Here, usable: Sequence[Delivery]) -> str:
    if not here.rows:
        return "new"
    if len(here.messages) > len(usable):
        return "the section grew: neither platform can insert, so it goes to the end"
    return "replaces a message that can't become this by an edit"


def _link(wanted: Wanted, steps: Sequence[Step], rows: Sequence[Delivery]) -> list[Step]:
    """The contents message gets its links when a section's first message appears or moves."""
    urls = addresses(rows)
    moving = {step.section for step in steps if step.action is Action.SEND and step.new and step.new.part == 1}
    found: list[Step] = []
    for step in steps:
        new = step.new
        if new is None or not new.slots or step.action not in {Action.SEND, Action.KEEP}:
            continue
        if step.row is not None and step.row.passed_over and step.action is Action.KEEP:
            continue
        shown = dict(step.row.links or {}) if step.row else {}
        begun = step.row is not None and step.row.task is Task.LINK
        if begun or moving & {slot.section for slot in new.slots} or links_of(new, urls) != shown:
            why = "its links lead to the sections once they are out there"
            found.append(replace(step, action=Action.LINK, why=why, change=None))
    return found


def _finish(steps: Iterable[Step]) -> list[Step]:
    """A step for each message that something is still to be done to in the end."""
    found: list[Step] = []
    for step in steps:
        what = " and ".join(_todo(step))
        failed = step.row is not None and step.row.task is Task.FINISH and step.row.error
        why = f"{what} once everything is linked" + (f"; last time: {failed}" if failed else "")
        if what:
            found.append(replace(step, action=Action.FINISH, why=why, change=None))
    return found


def _todo(step: Step) -> tuple[str, ...]:
    """What is to be done after a step; an edit brings nothing back that was done already."""
    match step.action:
        case Action.SEND if step.new is not None:
            return step.new.after
        case Action.EDIT if step.new is not None and step.row is not None:
            row = step.row
            return tuple(one for one in step.new.after if one in row.todo or one not in row.payload.after)
        case Action.KEEP if step.row is not None:
            changed = step.change.todo if step.change is not None else None
            return step.row.todo if changed is None else changed
        case _:
            return ()


def _shown(row: Delivery) -> Message:
    """What the row is meant to become, or is."""
    return row.target or row.payload


def _aimed_source(row: Delivery) -> str:
    return row.target_source if row.task is Task.EDIT else row.source


def _going(row: Delivery) -> bool:
    return row.task is Task.DELETE


def _editable(renderer: Renderer, row: Delivery, new: Message) -> bool:
    if not row.out_there:
        return True
    # No platform moves a message into a thread or out of it.
    same_place = row.payload.inside == new.inside
    return same_place and (fingerprint(row.payload) == fingerprint(new) or renderer.can_edit(row.payload, new))

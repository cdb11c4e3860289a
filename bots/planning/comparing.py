"""One destination: its wanted messages against its rows in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bots.ledger import Delivery, Task
from bots.ledger.codec import fingerprint
from bots.model import Message, State
from bots.planning.aligning import align
from bots.planning.errata import corrections, is_erratum, noted
from bots.planning.places import addresses, links_of
from bots.planning.sources import Sources, unchanged
from bots.planning.steps import Action, Here, Step, Wanted, aimed_source, paired, resumed
from bots.platforms.base import Renderer

__all__ = ["Action", "Step", "Wanted", "compare"]


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


def _here(wanted: Wanted, section: str, rows: Iterable[Delivery], sources: Sources, titles: Mapping[str, str]) -> Here:
    messages = tuple(message for message in wanted.messages if message.section == section)
    every = [row for row in rows if row.section == section]
    staying = (row for row in every if row.state is not State.DELETED and not row.left_over)
    live = sorted(staying, key=lambda row: (_shown(row).part, row.seq))
    source = sources.of(section, messages) if messages else ""
    following = 1 + max((row.part for row in every), default=0)
    errata = tuple(one for one in wanted.errata if one.section == section)
    title = titles.get(section, section)
    return Here(wanted, section, title, source, sources, messages, tuple(live), following, errata, noted(every))


def _section(here: Here) -> Iterator[Step]:
    if any(row.unsettled for row in here.rows):
        return _waiting(here)
    if not here.messages:
        return (here.step(Action.DELETE, "left the file", row, None) for row in here.rows)
    return _with_errata(here)


def _with_errata(here: Here) -> Iterator[Step]:
    """The section's own messages, then what answers to them."""
    own = replace(here, rows=tuple(row for row in here.rows if not is_erratum(row)))
    untouched = not any(row.out_there or row.passed_over for row in own.rows)
    staying = [row for row in own.rows if not _going(row)]
    same = bool(staying) and all(unchanged(aimed_source(row), own.source) for row in staying)
    steps = list(_as_recorded(own) if same and not untouched else _corrected(own))
    yield from steps
    added = sum(step.row is None for step in steps)
    yield from corrections(replace(here, next_part=here.next_part + added), first=untouched)


def _waiting(here: Here) -> Iterator[Step]:
    staying = [row for row in here.rows if not _going(row) and not is_erratum(row)]
    current = bool(here.source) and all(unchanged(aimed_source(row), here.source) for row in staying)
    for row in here.rows:
        if row.unsettled:
            why = f"{row.state}: {row.error or 'the answer is missing'}"
            yield replace(here.step(Action.BLOCKED, why, row, row.payload), behind=not current)
        else:
            yield resumed(here, row)


def _as_recorded(here: Here) -> Iterator[Step]:
    """The source is the same: whatever the renderer says today, what was planned stays as it is."""
    return (resumed(here, row) for row in here.rows)


def _corrected(here: Here) -> Iterator[Step]:
    """The source changed, or nothing of the section is out there yet."""
    usable = [row for row in here.rows if not _going(row)]
    pairs = align(usable, here.messages, lambda row, new: _editable(here.wanted.renderer, row, new))
    for row, new in pairs:
        if row is None and new is not None:
            yield here.step(Action.SEND, _why_new(here, usable), None, new)
            here = replace(here, next_part=here.next_part + 1)
        elif row is not None and new is not None:
            yield paired(here, row, new)
        elif row is not None:
            yield here.step(Action.DELETE, "not needed any more", row, None)
    yield from (here.step(Action.DELETE, "not done yet", row, None) for row in here.rows if _going(row))


def _why_new(here: Here, usable: Sequence[Delivery]) -> str:
    if not usable:
        return "new"
    if len(here.messages) > len(usable):
        return "the section grew: neither platform can insert, so it goes to the end"
    return "replaces a message that can't become this by an edit"


def _link(wanted: Wanted, steps: Sequence[Step], rows: Sequence[Delivery]) -> list[Step]:
    """The contents message gets its links when a section's first message appears or moves."""
    urls = addresses(rows)
    sent = [step.new for step in steps if step.action is Action.SEND and step.new and not step.new.answers]
    moving = {message.section for message in sent if message.part == 1}
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


def _going(row: Delivery) -> bool:
    return row.task is Task.DELETE


def _editable(renderer: Renderer, row: Delivery, new: Message) -> bool:
    if not row.out_there:
        return True
    # No platform moves a message into a thread or out of it.
    same_place = row.payload.inside == new.inside
    return same_place and (fingerprint(row.payload) == fingerprint(new) or renderer.can_edit(row.payload, new))

"""A section's errata against those that are out there: each mark in the file is one reply, exactly. Pure.

Only who read a section before its correction needs to be told, so a mark that is there when the section goes out for
the first time is noted and never sent. A mark has no name but its words: the same words are the same mark, and other
words in the place of those that left are an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bots.ledger import Delivery, Task
from bots.model import Message
from bots.planning.steps import Action, Here, Step, paired, resumed

WAITS = "its section goes out corrected: nobody has to be told"


def is_erratum(row: Delivery) -> bool:
    return row.payload.answers


def corrections(here: Here, *, first: bool) -> Iterator[Step]:
    """The steps for the section's errata, the new ones numbered from `here.next_part`.

    `first` says that readers see nothing of the section yet.
    """
    rows = [row for row in here.rows if is_erratum(row) and row.task is not Task.DELETE]
    marks = [mark for mark in here.errata if mark.text not in here.known]
    pairs = list(_pairs(rows, marks))
    for row, mark in pairs:
        yield resumed(here, row) if _words(row) == mark.text else _reworded(here, row, mark)
    kept, told = {row.id for row, _ in pairs}, {mark.text for _, mark in pairs}
    for mark in (mark for mark in marks if mark.text not in told):
        if first:
            yield here.noted(mark, WAITS)
        else:
            yield here.step(Action.SEND, "an erratum, as a reply to the section", None, mark)
        here = replace(here, next_part=here.next_part + 1)
    for row in (row for row in here.rows if is_erratum(row) and row.id not in kept):
        why = "not done yet" if row.task is Task.DELETE else "its mark left the file"
        yield here.step(Action.DELETE, why, row, None)


def noted(rows: Iterable[Delivery]) -> tuple[str, ...]:
    """The words of a section's marks that are known and were never to be sent."""
    return tuple(row.payload.text for row in rows if row.noted)


def _pairs(rows: Sequence[Delivery], marks: Sequence[Message]) -> Iterator[tuple[Delivery, Message]]:
    """Which row is which mark: by the words, then what is left of both in order."""
    by_words = {mark.text: mark for mark in marks}
    for row in rows:
        if _words(row) in by_words:
            yield row, by_words.pop(_words(row))
    settled = {_words(row) for row in rows} & {mark.text for mark in marks}
    left = [row for row in rows if _words(row) not in settled]
    yield from zip(left, (mark for mark in marks if mark.text in by_words), strict=False)


def _reworded(here: Here, row: Delivery, mark: Message) -> Step:
    step = paired(here, row, mark)
    return replace(step, why="the erratum has other words") if step.action is Action.EDIT else step


def _words(row: Delivery) -> str:
    return (row.target or row.payload).text

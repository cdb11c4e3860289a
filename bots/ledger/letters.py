"""What the author is told and asked, each once: a letter has a key, and a second one under the same key is not written.

A letter is `written → sending → sent`, and one with choices goes on `→ answered → closed`. The answer is recorded
before anything is done about it, so a crash in between loses neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from bots.errors import LedgerError, Settled
from bots.ledger.access import Access
from bots.ledger.tables import letters


class LetterState(StrEnum):
    """Where a letter stands."""

    WRITTEN = "written"
    """Not handed to a platform yet."""
    SENDING = "sending"
    """Handed over; if we die here the author may have it, and gets it once more rather than never."""
    SENT = "sent"
    """The author has it. A question waits for its answer."""
    ANSWERED = "answered"
    """The author chose; nothing was done about it yet."""
    CLOSED = "closed"
    """Done, or no longer of interest."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer the author can give."""

    value: str
    label: str
    """As on the button."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Something the author is told, or asked when there are choices."""

    id: int
    key: str
    """What it is about, `<kind>:<what>`; unique."""
    issue: str | None
    text: str
    choices: tuple[Choice, ...]
    state: LetterState
    attempt: int
    written_at: datetime
    platform: str | None = None
    chat: str | None = None
    message_id: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    error: str = ""
    """Why it could not be delivered last time."""

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]

    @property
    def about(self) -> str:
        """The key without its kind."""
        return self.key.partition(":")[2]

    @property
    def open(self) -> bool:
        """True for a question without an answer."""
        return bool(self.choices) and self.answer is None and self.state is not LetterState.CLOSED


class Letters:
    """The letters of one ledger."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def write(self, key: str, text: str, choices: Sequence[Choice] = (), issue: str | None = None) -> bool:
        """Write a letter unless one with this key was ever written; returns whether it is new."""
        with self._access.writing() as connection:
            if connection.scalar(select(letters.c.id).where(letters.c.key == key)) is not None:
                return False
            connection.execute(
                insert(letters).values(
                    key=key,
                    issue=issue,
                    text=text,
                    choices=json.dumps([[one.value, one.label] for one in choices]),
                    state=LetterState.WRITTEN.value,
                    attempt=0,
                    written_at=self._access.now(),
                    error="",
                )
            )
            return True

    def unsent(self) -> tuple[Letter, ...]:
        """What is to be delivered, oldest first."""
        return self._in(LetterState.WRITTEN, LetterState.SENDING)

    def answered(self) -> tuple[Letter, ...]:
        """Answers nothing was done about yet."""
        return self._in(LetterState.ANSWERED)

    def questions(self) -> tuple[Letter, ...]:
        """Questions without an answer, delivered or not, oldest first."""
        found = self._in(LetterState.WRITTEN, LetterState.SENDING, LetterState.SENT)
        return tuple(letter for letter in found if letter.open)

    def letter(self, number: int) -> Letter | None:
        with self._access.reading() as connection:
            return _one(connection, number)

    def keys(self, kind: str) -> frozenset[str]:
        """The keys of all letters of a kind ever written."""
        with self._access.reading() as connection:
            return frozenset(connection.scalars(select(letters.c.key).where(letters.c.key.startswith(f"{kind}:"))))

    def claim(self, letter: Letter, platform: str, chat: str) -> Letter:
        """Commit that it is about to be handed over; one that was answered or closed meanwhile stays as it is."""
        values = {"state": LetterState.SENDING.value, "platform": platform, "chat": chat, "attempt": letter.attempt + 1}
        waits = letters.c.state.in_([LetterState.WRITTEN.value, LetterState.SENDING.value])
        with self._access.writing() as connection:
            connection.execute(update(letters).where((letters.c.id == letter.id) & waits).values(**values))
            return _present(connection, letter.id)

    def delivered(self, letter: Letter, message_id: str) -> Letter:
        """Commit that the author has it. A mere notice is done with."""
        state = LetterState.SENT if letter.choices else LetterState.CLOSED
        here = letters.c.id == letter.id
        with self._access.writing() as connection:
            # The author may have been quicker than we are: an answer is not to be written over.
            on_its_way = here & (letters.c.state == LetterState.SENDING.value)
            connection.execute(update(letters).where(on_its_way).values(state=state.value))
            values = {"message_id": message_id, "sent_at": self._access.now(), "error": ""}
            return _changed(connection, letter.id, values)

    def undelivered(self, letter: Letter, why: str) -> Letter:
        """It did not arrive and is to be tried again."""
        with self._access.writing() as connection:
            on_its_way = (letters.c.id == letter.id) & (letters.c.state == LetterState.SENDING.value)
            connection.execute(update(letters).where(on_its_way).values(state=LetterState.WRITTEN.value))
            return _changed(connection, letter.id, {"error": why})

    def answer(self, number: int, value: str, who: str) -> Letter:
        """Record the author's answer; the first one counts. Raises Settled where there is nothing to answer."""
        with self._access.writing() as connection:
            letter = _one(connection, number)
            if letter is None or not letter.choices:
                raise Settled(f"There is no question {number}. `weektech status` lists what is open.")
            if not letter.open:
                raise Settled(f"Question {number} is settled: {letter.answer or 'it is no longer of interest'}.")
            known = [choice.value for choice in letter.choices]
            if value not in known:
                raise Settled(f"{value!r} does not answer question {number}. Say one of: {', '.join(known)}.")
            values = {"answer": value, "answered_by": who, "answered_at": self._access.now()}
            self._access.point("answer.during")
            return _changed(connection, number, {**values, "state": LetterState.ANSWERED.value})

    def close(self, letter: Letter) -> Letter:
        """Its answer was acted upon, or nobody wants to know any more."""
        return self._change(letter.id, {"state": LetterState.CLOSED.value})

    def lapse(self, letter: Letter) -> Letter:
        """As `close`, and the same may be asked once more."""
        return self._change(letter.id, {"state": LetterState.CLOSED.value, "key": f"{letter.key}:{letter.id}"})

    def _in(self, *states: LetterState) -> tuple[Letter, ...]:
        with self._access.reading() as connection:
            return _letters(connection, letters.c.state.in_([state.value for state in states]))

    def _change(self, number: int, values: dict[str, Any]) -> Letter:
        with self._access.writing() as connection:
            return _changed(connection, number, values)


def _changed(connection: Connection, number: int, values: dict[str, Any]) -> Letter:
    connection.execute(update(letters).where(letters.c.id == number).values(**values))
    return _present(connection, number)


def _present(connection: Connection, number: int) -> Letter:
    found = _one(connection, number)
    if found is None:
        raise LedgerError(f"The ledger has no letter {number}.")
    return found


def _one(connection: Connection, number: int) -> Letter | None:
    found = _letters(connection, letters.c.id == number)
    return found[0] if found else None


def _letters(connection: Connection, condition: ColumnElement[bool]) -> tuple[Letter, ...]:
    rows: Iterable[Row[Any]] = connection.execute(select(letters).where(condition).order_by(letters.c.id))
    return tuple(
        Letter(
            id=row.id,
            key=row.key,
            issue=row.issue,
            text=row.text,
            choices=tuple(Choice(value, label) for value, label in json.loads(row.choices)),
            state=LetterState(row.state),
            attempt=row.attempt,
            written_at=row.written_at,
            platform=row.platform,
            chat=row.chat,
            message_id=row.message_id,
            answer=row.answer,
            answered_by=row.answered_by,
            error=row.error,
        )
        for row in rows
    )

"""What can be looked up and searched: the words of the issues that are out there, section by section.

Search is one scan with LIKE: it finds any part of any word in any script, on both databases alike, and a thousand
issues take it some 20 ms (reliability.md 5). Letters are alike in both cases: ASCII by the database, others because
the pattern takes any character in their place, and what it finds is looked at once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, insert, select, tuple_

from bots.ledger.access import Access
from bots.ledger.reading import staying
from bots.ledger.rows import IssueText, Texts
from bots.ledger.tables import issues, texts
from bots.model import LEAD

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in `texts.released_at` for an issue without a date, which is as old as its first message."""
CANDIDATES = 500
"""Sections looked at once more, at most, for words whose letters the databases don't know in both cases."""


@dataclass(frozen=True, slots=True)
class Volume:
    """An issue that readers can see."""

    id: str
    slug: str
    title: str
    path: str
    released: datetime
    dated: bool
    """The post has a date; else `released` is when its first message went out."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A section in which all words were found."""

    issue: str
    section: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what was found."""

    total: int
    page: tuple[Hit, ...]


class Library:
    """The words of one ledger's issues. What is held back, withdrawn or not out yet is never shown."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: tuple[tuple[object, ...], tuple[Volume, ...]] = ((), ())
        """The volumes as they were last read, and what tells whether they still are."""

    def volumes(self) -> tuple[Volume, ...]:
        """The issues that are out there, newest first."""
        with self._access.reading() as connection:
            left = _left(connection)
            state = (*_state(connection), left)
            known, found = self._known
            if state != known:
                found = _volumes(connection, left)
                self._known = (state, found)
            return found

    def sections(self, issue: str) -> tuple[IssueText, ...]:
        """The sections of an issue with their words, in reading order, the lead first."""
        query = select(texts).where(texts.c.issue == issue).order_by(texts.c.position, texts.c.section)
        with self._access.reading() as connection:
            return tuple(IssueText(row.section, row.title, row.text, row.position) for row in connection.execute(query))

    def titles(self, issue: str) -> tuple[tuple[str, str], ...]:
        """Id and title of an issue's sections, in reading order, without their words."""
        query = select(texts.c.section, texts.c.title).where(texts.c.issue == issue)
        with self._access.reading() as connection:
            return tuple((row.section, row.title) for row in connection.execute(query.order_by(texts.c.position)))

    def named(self, wanted: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
        """Issue, section and title of all sections but the leads of these issues, in reading order."""
        query = select(texts.c.issue, texts.c.section, texts.c.title)
        here = texts.c.issue.in_(list(wanted)) & (texts.c.section != LEAD)
        with self._access.reading() as connection:
            rows = connection.execute(query.where(here).order_by(texts.c.issue, texts.c.position))
            return tuple((row.issue, row.section, row.title) for row in rows)

    def search(self, words: Sequence[str], most: int, skip: int = 0) -> Hits:
        """Sections that hold all the words, each anywhere in its text or its title.

        First those with all of them in the title, the newest issue first.
        """
        if not words:
            return Hits(0, ())
        with self._access.reading() as connection:
            if all(_exact(word) for word in words):
                return _page(connection, words, most, skip)
            found = _page(connection, words, CANDIDATES, 0).page
            sure = [one for one in found if holds(f"{one.title}\n{one.text}", words)]
            return Hits(len(sure), tuple(sure[skip : skip + most]))

    def wordless(self) -> tuple[str, ...]:
        """The issues that are out there and whose words are not known: those of an older weektech."""
        with self._access.reading() as connection:
            query = select(issues.c.id).where(_out(_left(connection)) & ~issues.c.id.in_(select(texts.c.issue)))
            return tuple(connection.scalars(query))

    def keep(self, issue: str, found: Texts) -> None:
        """Keep the words of an issue in place of those it had."""
        with self._access.writing() as connection:
            keep(connection, issue, found)
        self._known = ((), ())


def keep(connection: Connection, issue: str, found: Texts) -> None:
    """As `Library.keep`, in the caller's transaction."""
    connection.execute(delete(texts).where(texts.c.issue == issue))
    released = found.date or UNDATED
    rows = [
        {
            "issue": issue,
            "section": one.section,
            "title": one.title,
            "text": one.text,
            "position": one.position,
            "released_at": released,
        }
        for one in found.sections
    ]
    if rows:
        connection.execute(insert(texts), rows)


def _volumes(connection: Connection, left: frozenset[str]) -> tuple[Volume, ...]:
    order = (_released().desc(), issues.c.first_published_at.desc(), issues.c.id)
    query = select(issues, texts.c.released_at).join(texts, _lead_of(issues.c.id), isouter=True)
    return tuple(_volume(row) for row in connection.execute(query.where(_out(left)).order_by(*order)))


def _state(connection: Connection) -> tuple[object, ...]:
    """What changes whenever a plan is recorded, or an issue comes out."""
    counted = (func.count(), func.sum(issues.c.revision), func.count(issues.c.first_published_at))
    return tuple(connection.execute(select(*counted, func.count(issues.c.withdrawn_at))).one())


def _left(connection: Connection) -> frozenset[str]:
    """The issues that were withdrawn from somewhere, and stay elsewhere."""
    withdrawn = frozenset(connection.scalars(select(issues.c.id).where(issues.c.withdrawn_at.is_not(None))))
    return staying(connection) & withdrawn if withdrawn else withdrawn


def _out(left: frozenset[str]) -> ColumnElement[bool]:
    """Readers see it: published and not withdrawn everywhere. What is held back was never published."""
    here = issues.c.withdrawn_at.is_(None) | issues.c.id.in_(sorted(left))
    return issues.c.first_published_at.is_not(None) & here


def _released() -> ColumnElement[datetime]:
    undated = texts.c.released_at.is_(None) | (texts.c.released_at == UNDATED)
    return case((undated, issues.c.first_published_at), else_=texts.c.released_at)


def _lead_of(issue: ColumnElement[str]) -> ColumnElement[bool]:
    return (texts.c.issue == issue) & (texts.c.section == LEAD)


def _volume(row: Row[Any]) -> Volume:
    dated = row.released_at is not None and row.released_at != UNDATED
    released = row.released_at if dated else row.first_published_at
    return Volume(row.id, row.slug, row.title, row.path, released, dated)


# Searching


def holds(text: str, words: Iterable[str]) -> bool:
    """True when every word stands in the text, its letters in either case."""
    folded = fold(text)
    return all(fold(word) in folded for word in words)


def fold(text: str) -> str:
    """The text with its letters in one case, and just as long: what is found in it is found in the text."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded
    return "".join(low if len(low := letter.casefold()) == 1 else letter for letter in text)


def _page(connection: Connection, words: Sequence[str], most: int, skip: int) -> Hits:
    """The scan reads no more than it has to; the words of what is shown are read afterwards."""
    both = [(_like(connection, texts.c.title, word), _like(connection, texts.c.text, word)) for word in words]
    matching = and_(_out(_left(connection)), *(title | text for title, text in both))
    rank = case((and_(*(title for title, _ in both)), 0), else_=1)
    query = select(texts.c.issue, texts.c.section, func.count().over().label("total"))
    query = query.join(issues, issues.c.id == texts.c.issue).where(matching)
    order = (rank, _released().desc(), texts.c.issue, texts.c.position)
    keys = connection.execute(query.order_by(*order).limit(most).offset(skip)).all()
    found = {(row.issue, row.section): row for row in _texts(connection, [(row[0], row[1]) for row in keys])}
    rows = [found[row.issue, row.section] for row in keys]
    page = tuple(Hit(row.issue, row.section, row.title, row.text) for row in rows)
    return Hits(keys[0].total if keys else 0, page)


def _texts(connection: Connection, keys: Sequence[tuple[str, str]]) -> Sequence[Row[Any]]:
    return connection.execute(select(texts).where(tuple_(texts.c.issue, texts.c.section).in_(keys))).all()


def _like(connection: Connection, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """SQLite's LIKE takes ASCII letters in either case by itself; telling it to would cost it three times as long."""
    pattern = _pattern(word)
    plain = connection.dialect.name == "sqlite"
    return column.like(pattern, escape="\\") if plain else column.ilike(pattern, escape="\\")


def _pattern(word: str) -> str:
    return "%" + "".join(_any(letter) for letter in word) + "%"


def _any(letter: str) -> str:
    if letter in "%_\\":
        return f"\\{letter}"
    return letter if _exact(letter) else "_"


def _exact(word: str) -> bool:
    """True when the databases know all its letters in both cases, or they have only one."""
    return all(letter.isascii() or letter.lower() == letter.upper() for letter in word)

"""What readers answer: their reactions, their words, where these belong, and what is not to be kept of them.

Events come never, once or several times and in any order; each method may be called again with what it was called with
before. Reactions alone carry no time: of two reports the later one to arrive counts.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from bots.errors import Mistaken
from bots.ledger import comments as filing
from bots.ledger import memory, places, reactions
from bots.ledger.access import Access
from bots.ledger.comments import Comment, Remark
from bots.ledger.places import Home, Known, Spot
from bots.ledger.reactions import Tally
from bots.ledger.tables import comments, deliveries, readers, switches

SECRET = "secret"  # noqa: S105 - the name of a switch
"""The switch that keeps the secret by which people's numbers are hashed, where the environment names none."""
_NOWHERE: Known = {}
_BELONGS = comments.c.issue != ""


class Feedback:
    """The readers' side of one ledger. `known` are the destinations of config.yaml by name."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.now = access.now

    # Where messages are

    def alias(self, platform: str, chat: str, message_id: str, delivery: int) -> None:
        """Keep where else a delivery's message is."""
        with self._access.writing() as connection:
            places.alias(connection, Spot(platform, chat, message_id), delivery, self._access.now())

    def delivery_at(self, platform: str, chat: str, message_id: str, known: Known = _NOWHERE) -> Home | None:
        """The delivery a message belongs to, there or elsewhere; None for a message that is not ours."""
        with self._access.reading() as connection:
            return places.home(connection, Spot(platform, chat, message_id), known)

    def seen(self, spot: Spot, chats: Iterable[str], message_id: str, known: Known) -> None:
        """A message of a chat, which has several names, turned up at `spot`: an alias as soon as we know it as ours."""
        with self._access.writing() as connection:
            now = self._access.now()
            places.called(connection, spot.platform, chats, now)
            places.elsewhere(connection, spot, chats, message_id, now)
            _connect(connection, known, now)

    def called(self, platform: str, names: Iterable[str]) -> None:
        """Keep that all of these are names of one chat."""
        with self._access.writing() as connection:
            places.called(connection, platform, names, self._access.now())

    def names(self, platform: str, chat: str) -> frozenset[str]:
        """Every name of a chat that is known, in lower case."""
        with self._access.reading() as connection:
            return places.names(connection, platform, chat)

    def connect(self, known: Known) -> None:
        """Find out once more what belongs to messages of ours that were not known as such when it came."""
        with self._access.writing() as connection:
            _connect(connection, known, self._access.now())

    # Words

    def file(self, remark: Remark, known: Known) -> Comment | None:
        """Take in a message or a change of one; None for what is no comment, or not known to be one yet."""
        with self._access.writing() as connection:
            filed = filing.file(connection, remark, known, self._access.now())
            self._access.point("comment.during")
            return filed

    def unsay(self, spot: Spot) -> None:
        """A message was deleted: its words go, and never come back."""
        with self._access.writing() as connection:
            filing.unsay(connection, spot, self._access.now())

    def unsay_all(self, platform: str, chat: str) -> None:
        """A chat was deleted, a thread as a rule, and with it every word in it."""
        with self._access.writing() as connection:
            here = (comments.c.platform == platform) & (comments.c.chat == chat)
            filing.forget(connection, here, self._access.now())

    def of_issue(self, issue: str) -> tuple[Comment, ...]:
        """All comments on an issue in the order they were written, those that are gone or hidden included."""
        with self._access.reading() as connection:
            return filing.some(connection, comments.c.issue == issue)

    def by(self, platform: str, who: str) -> tuple[Comment, ...]:
        """All comments of a reader that are kept."""
        with self._access.reading() as connection:
            return filing.some(connection, _BELONGS & (comments.c.platform == platform) & (comments.c.who == who))

    def comment(self, number: int) -> Comment:
        """Raises Mistaken for a number no comment has."""
        with self._access.reading() as connection:
            return _comment(connection, number)

    def rooms(self, issue: str, known: Known) -> Mapping[tuple[str, str], frozenset[str]]:
        """Platform and chat to the destinations whose messages of the issue are there, or turned up there."""
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        with self._access.reading() as connection:
            query = select(deliveries.c.id, deliveries.c.destination).where(deliveries.c.issue == issue)
            owners = {row.id: row.destination for row in connection.execute(query)}
            for spot, (delivery, _) in places.rooms(connection, deliveries.c.issue == issue, known).items():
                for name in places.names(connection, spot.platform, spot.chat):
                    found[spot.platform, name].add(owners[delivery])
        return {key: frozenset(names) for key, names in found.items()}

    def first_words(self) -> Mapping[tuple[str, str], str]:
        """Platform and hash of each reader to the issue that their first comment was on."""
        query = select(comments.c.platform, comments.c.who, comments.c.issue)
        query = query.where(_BELONGS & (comments.c.who != "") & ~comments.c.by_author)
        found: dict[tuple[str, str], str] = {}
        with self._access.reading() as connection:
            for row in connection.execute(query.order_by(comments.c.said_at, comments.c.id)):
                found.setdefault((row.platform, row.who), row.issue)
        return found

    # Reactions

    def tally(self, spot: Spot, counts: Mapping[str, int]) -> None:
        """All reactions to a message as totals."""
        with self._access.writing() as connection:
            reactions.total(connection, spot, counts, self._access.now())

    def reacted(self, spot: Spot, who: str, which: Iterable[str]) -> None:
        """All reactions of one reader to a message; a blocked one's are not kept."""
        with self._access.writing() as connection:
            wanted = () if filing.blocked(connection, spot.platform, who) else which
            reactions.of_reader(connection, spot, who, wanted, self._access.now())

    def tallies(self, issue: str, known: Known) -> tuple[Tally, ...]:
        """The reactions to an issue by destination, section and emoji."""
        with self._access.reading() as connection:
            return reactions.of_issue(connection, issue, known)

    # The author's say, and the readers'

    def hide(self, number: int) -> Comment:
        """Nobody but the author sees it any more. Raises Mistaken for a number no comment has."""
        return self._hidden(number, self._access.now())

    def show(self, number: int) -> Comment:
        """Take `hide` back."""
        return self._hidden(number, None)

    def block(self, number: int) -> Comment:
        """Show nothing of whoever wrote a comment, and take nothing more in."""
        return self._blocked(number, self._access.now())

    def unblock(self, number: int) -> Comment:
        """Take `block` back; what was said meanwhile was not kept."""
        return self._blocked(number, None)

    def forget(self, platform: str, who: str) -> int:
        """Keep nothing that a reader said or felt up to now, whatever comes in of it later; returns how many words.

        What stays is the hash of the reader with the time, by which it is recognised.
        """
        with self._access.writing() as connection:
            now = self._access.now()
            mine = (comments.c.platform == platform) & (comments.c.who == who)
            number = filing.forget(connection, mine, now)
            reactions.forget(connection, platform, who)
            _switch(connection, filing.forgotten_key(platform, who), now.isoformat(), now)
            return number

    def expire(self, before: datetime) -> int:
        """Let go of the words, names and writers of comments older than that; returns how many."""
        with self._access.writing() as connection:
            return filing.expire(connection, before)

    def tidy(self, known: Known) -> None:
        """Delete what was held back for longer than it may be, and never came to belong anywhere."""
        now = self._access.now()
        with self._access.reading() as connection:  # takes a while, and keeps no writer waiting
            strangers = reactions.strangers(connection, now - filing.HELD, known)
        with self._access.writing() as connection:
            _connect(connection, known, now)
            filing.drop_held(connection, now - filing.HELD)
            reactions.drop(connection, strangers)
            places.let_go(connection, now - memory.WITNESSED)

    def secret(self) -> str:
        """The secret of this ledger, made at first use."""
        with self._access.writing() as connection:
            found = connection.scalar(select(switches.c.value).where(switches.c.name == SECRET))
            made: str = found or secrets.token_hex(32)
            if found is None:
                _switch(connection, SECRET, made, self._access.now())
            return made

    def _hidden(self, number: int, when: datetime | None) -> Comment:
        with self._access.writing() as connection:
            found = _comment(connection, number)
            # Said twice, it stays as it was said first.
            if found.hidden_at is None or when is None:
                connection.execute(update(comments).where(comments.c.id == found.id).values(hidden_at=when))
            return _comment(connection, number)

    def _blocked(self, number: int, when: datetime | None) -> Comment:
        with self._access.writing() as connection:
            found = _comment(connection, number)
            if not found.who:
                raise Mistaken(f"Nothing is kept of who wrote comment {number}, so nobody can be blocked for it.")
            if found.by_author:
                raise Mistaken(f"Comment {number} is the author's own.")
            mine = (readers.c.platform == found.platform) & (readers.c.who == found.who)
            if connection.scalar(select(readers.c.who).where(mine)) is None:
                connection.execute(insert(readers).values(platform=found.platform, who=found.who))
            connection.execute(update(readers).where(mine).values(blocked_at=when))
            return _comment(connection, number)


def _connect(connection: Connection, known: Known, now: datetime) -> None:
    places.connect(connection, known, now)
    filing.settle(connection, known, now)


def _comment(connection: Connection, number: int) -> Comment:
    found = filing.one(connection, _BELONGS & (comments.c.id == number))
    if found is None:
        raise Mistaken(f"There is no comment {number}. `weektech comments` lists them.")
    return found


def _switch(connection: Connection, name: str, value: str, now: datetime) -> None:
    connection.execute(delete(switches).where(switches.c.name == name))
    connection.execute(insert(switches).values(name=name, value=value, updated_at=now))

"""Readers' answers, filed under what they answer. What platforms report becomes remarks, tallies and aliases here.

A reply to one of our messages belongs to its section, a reply to a comment where that belongs, and what else is said
in an issue's thread to the issue. Anything else is no comment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bots.cleaning import clean_link, clean_name, clean_reaction, clean_text
from bots.config import Config
from bots.events import Event, Reacted, Said, Seen, Tallied, Unsaid
from bots.ledger import Comment, Ledger, Remark, Spot
from bots.privacy import initials, opted_out, who


class Filing:
    """Files what comes in for one column. Knows no client: platforms are asked by others."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self._ledger, self._config = ledger, config
        self._feedback = ledger.feedback
        self._known = {one.name: one for one in config.destinations}
        self._secret: str | None = config.secret

    def take(self, event: Event) -> None:
        """File an event if it is one of the readers'. Raises LedgerError alone."""
        match event:
            case Said():
                self.said(event)
            case Unsaid():
                self.unsaid(event)
            case Reacted():
                self.reacted(event)
            case Tallied():
                self.tallied(event)
            case Seen():
                self.seen(event)
            case _:
                pass

    def said(self, said: Said) -> Comment | None:
        """A message or a change of one; None for what is no comment, or not known to be one yet."""
        text, marks = clean_text(said.text, said.marks)
        if self._is_the_desk(said) or (said.by.bot and not said.anonymous):
            return None
        if not text.strip() and not said.picture:  # what a platform itself says has neither
            return None
        name = clean_name(said.by.name)
        remark = Remark(
            spot=Spot(said.platform, said.chat, said.message_id),
            who=self.who(said.platform, said.by.id),
            name=initials(name) if self._config.comments.names == "initials" else name,
            text=text,
            at=said.at,
            marks=marks,
            edited=said.edited,
            reply_to=said.reply_to,
            thread=said.thread,
            url=clean_link(said.url),
            by_author=self._is_author(said),
            private=said.private,
            withheld=opted_out(said.text, said.by.name),
        )
        return self._feedback.file(self._aged(remark), self._known)

    def unsaid(self, unsaid: Unsaid) -> None:
        """Messages were deleted, or the thread with all of them."""
        if unsaid.everything:
            self._feedback.unsay_all(unsaid.platform, unsaid.chat)
        for message_id in unsaid.message_ids:
            self._feedback.unsay(Spot(unsaid.platform, unsaid.chat, message_id))

    def reacted(self, reacted: Reacted) -> None:
        """One reader's reactions as they are now. A bot's are nobody's opinion."""
        if reacted.by.bot:
            return
        wanted = () if opted_out(reacted.by.name) else _named(reacted.reactions)
        spot = Spot(reacted.platform, reacted.chat, reacted.message_id)
        self._feedback.reacted(spot, self.who(reacted.platform, reacted.by.id), wanted)

    def tallied(self, tallied: Tallied) -> None:
        """All reactions to a message as they are now."""
        counts = {name: number for each, number in tallied.counts.items() if (name := clean_reaction(each))}
        self._feedback.tally(Spot(tallied.platform, tallied.chat, tallied.message_id), counts)

    def seen(self, seen: Seen) -> None:
        """A message turned up elsewhere. One that nobody owns yet is remembered until somebody does."""
        spot = Spot(seen.platform, seen.where, seen.message_there)
        self._feedback.seen(spot, seen.chats, seen.message_id, self._known)

    def called(self, platform: str, names: Iterable[str]) -> None:
        """All of these are names of one chat: events have its number where config.yaml may have its @name."""
        self._feedback.called(platform, names)

    def connect(self) -> None:
        """Look once more at what belonged nowhere: our own message may have become known since."""
        self._feedback.connect(self._known)

    def forget(self, platform: str, person: str) -> int:
        """Withdraw everything a person said up to now; returns how many comments that were."""
        return self._feedback.forget(platform, self.who(platform, person))

    def retire(self, now: datetime) -> int:
        """The daily chore: let go of what is old, and of what never came to belong anywhere."""
        self._feedback.tidy(self._known)
        keep = self._config.comments.keep
        return self._feedback.expire(now - keep) if keep is not None else 0

    def who(self, platform: str, person: str) -> str:
        """The hash under which the ledger knows a person."""
        if self._secret is None:
            self._secret = self._feedback.secret()
        return who(self._secret, platform, person)

    def _is_the_desk(self, said: Said) -> bool:
        """True for the author's words in the chat in which the author is asked."""
        part = self._config.platforms.get(said.platform)
        return part is not None and said.chat == part.author and said.by.id in part.admins

    def _is_author(self, said: Said) -> bool:
        """The author in person, or speaking as a channel of the column, as only those who run it can."""
        part = self._config.platforms.get(said.platform)
        if part is not None and said.by.id in part.admins and not said.anonymous:
            return True
        if not said.anonymous or said.by.id == said.chat:
            return False
        own = {one.chat.lower() for one in self._config.destinations if one.platform == said.platform}
        return bool(own & self._feedback.names(said.platform, said.by.id))

    def _aged(self, remark: Remark) -> Remark:
        """What is older than anything is kept comes without its words, so that catching up brings nothing back."""
        keep = self._config.comments.keep
        if keep is None or remark.at >= self._feedback.now() - keep:
            return remark
        return replace(remark, who="", name="", text="", marks=(), url=None)


def _named(reactions: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for each in reactions if (name := clean_reaction(each)))

"""Hashes that say whether a section's source changed: only then is a published section corrected.

A source is `<words>:<the section's pictures>:<the message's own pictures>`, each a hash. An upgrade of the renderer
changes none of the first two, and the third only says which message to edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bots.ledger.codec import digest
from bots.model import LEAD, Issue, Message, Upload

UNREADABLE = "?"
"""Stands for the pictures' hash when one of them can't be read now."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of an issue's sections."""

    issue: Issue
    names: Mapping[str, str]
    """Id in the file to id in the ledger."""
    digests: Mapping[str, str]
    """Source of a picture to the hash of its bytes."""

    def of(self, section: str, messages: Sequence[Message]) -> str:
        """The source of a section, by its id in the ledger, with the pictures all its messages carry."""
        return f"{self._words(section)}:{self._pictures(messages)}"

    def own(self, source: str, message: Message) -> str:
        """The section's source as recorded for one of its messages."""
        return f"{source}:{self._pictures((message,))}"

    def _words(self, section: str) -> str:
        found = next(one for one in self.issue.sections if self.names[one.id] == section)
        return digest(found.source + "\n" + self._card() if found.id == LEAD else found.source)

    def _card(self) -> str:
        """What else the lead shows: a retitled or added section changes the contents message."""
        post = self.issue.post
        day = post.date.date().isoformat() if post.date else ""
        contents = [[self.names[section.id], section.title] for section in self.issue.sections]
        return json.dumps([post.title, post.description, day, post.tags, contents])

    def _pictures(self, messages: Iterable[Message]) -> str:
        return pictures([file for message in messages for file in message.files], self.digests)


def pictures(files: Sequence[Upload], digests: Mapping[str, str]) -> str:
    """One hash for all of `files`, `digests` as in `Sources`."""
    if any(file.missing for file in files):
        return UNREADABLE
    return digest(json.dumps([[file.source, digests.get(file.source, "")] for file in files]))


def as_planned(source: str, message: Message, digests: Mapping[str, str]) -> bool:
    """True when the message's pictures are those its source was made from, `digests` being theirs now."""
    return source.split(":")[2] in {pictures(message.files, digests), UNREADABLE}


def unchanged(old: str, new: str) -> bool:
    """True when a section needs no correction. A picture that can't be read now never takes a published one down."""
    old_words, old_pictures = old.split(":")[:2]
    new_words, new_pictures = new.split(":")[:2]
    return old_words == new_words and new_pictures in {old_pictures, UNREADABLE}


def redrawn(old: str, new: str) -> bool:
    """True when a message's own pictures are others than before under the same names."""
    before, now = old.split(":")[2], new.split(":")[2]
    return now not in {before, UNREADABLE}

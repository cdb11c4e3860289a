"""The pictures of one message as a platform gets them: the very ones that were planned, each uploaded once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from bots.errors import PostError
from bots.ledger.codec import file_digest
from bots.model import Message
from bots.planning.sources import as_planned
from bots.platforms.base import Files, Renderer


class Gallery(Protocol):
    """The pictures of one post, by their sources; both raise PostError or ValueError if one can't be read."""

    def content(self, source: str) -> bytes:
        """What a renderer prepares."""
        ...

    def original(self, source: str) -> bytes:
        """What the author has: a plan's digests are made of it."""
        ...

    def as_kept(self) -> Gallery:
        """The pictures as they were when the post was approved, as far as they were kept."""
        ...


@dataclass(frozen=True, slots=True)
class Enclosures:
    """Pictures ready to be handed over, by upload name."""

    contents: Mapping[str, bytes] = field(default_factory=dict)
    """As the platform takes them."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Hash of the content."""

    def handed(self, known: Mapping[str, str]) -> Files:
        """The pictures, those sent before by the platform's own ids; `known` maps a hash to an id."""
        return {name: known.get(self.digests[name], content) for name, content in self.contents.items()}

    def learned(self, uploaded: Mapping[str, str]) -> Mapping[str, str]:
        """Hash to the platform's id, of a receipt's `uploaded`."""
        return {self.digests[name]: file for name, file in uploaded.items() if name in self.digests}


def enclose(message: Message, source: str, gallery: Gallery, renderer: Renderer) -> Enclosures:
    """Read and prepare the pictures of a message planned from `source` (see `bots.planning.sources`).

    Raises as `Gallery` does, and ValueError for a picture that can't be prepared or is another one than planned.
    """
    files = [file for file in message.files if not file.missing]
    found = _as_planned(message, source, gallery)
    contents = {file.name: renderer.prepared(found.content(file.source), message, file.name) for file in files}
    return Enclosures(contents, {name: file_digest(content) for name, content in contents.items()})


def _as_planned(message: Message, source: str, gallery: Gallery) -> Gallery:
    """Where the very pictures are that the message was planned with: as they are now, or as they were approved."""
    names = [file.source for file in message.files if not file.missing]

    def same(found: Gallery) -> bool:
        return as_planned(source, message, {name: file_digest(found.original(name)) for name in names})

    kept = gallery.as_kept()
    with suppress(PostError, ValueError):
        if same(kept):
            return kept
    if not same(gallery):
        raise ValueError(f"A picture is another one than when this was planned ({', '.join(names)}). Publish again.")
    return gallery

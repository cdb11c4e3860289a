"""The pictures of one message as a platform gets them: the very ones that were planned, each uploaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

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
    now = {file.source: file_digest(gallery.original(file.source)) for file in files}
    if not as_planned(source, message, now):
        raise ValueError(f"A picture is another one than when this was planned ({', '.join(now)}). Publish again.")
    contents = {file.name: renderer.prepared(gallery.content(file.source), message, file.name) for file in files}
    return Enclosures(contents, {name: file_digest(content) for name, content in contents.items()})

"""Messages as JSON text and back, and the hashes by which they are compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bots.model import Message, Slot, Upload


def dump(message: Message) -> str:
    """Only ASCII, so that neither a lone surrogate nor a NUL in a post can upset a database."""
    return json.dumps(_plain(message))


def load(text: str) -> Message:
    raw = json.loads(text)
    return Message(
        section=raw["section"],
        part=raw["part"],
        method=raw["method"],
        body=raw["body"],
        text=raw["text"],
        files=tuple(Upload(**item) for item in raw["files"]),
        slots=tuple(Slot(**item) for item in raw["slots"]),
        # Ledgers of schema 0001 hold messages written before there were threads and things to do at the end.
        inside=raw.get("inside", False),
        after=tuple(raw.get("after", ())),
        answers=raw.get("answers", False),
    )


def fingerprint(message: Message) -> str:
    """Hash of what a platform would be sent: the same for the same call, whatever the section is called."""
    sent = {
        "method": message.method,
        "body": message.body,
        "files": [[item.name, item.source, item.missing] for item in message.files],
        "slots": [[slot.offset, slot.length] for slot in message.slots],
    }
    return digest(json.dumps(sent, sort_keys=True))


def digest(text: str) -> str:
    """SHA-256 in 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_digest(content: bytes) -> str:
    """SHA-256 of a picture in 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def dump_links(links: Mapping[str, str] | None) -> str | None:
    return None if links is None else json.dumps(links, sort_keys=True)


def load_links(text: str | None) -> Mapping[str, str] | None:
    if text is None:
        return None
    links: dict[str, str] = json.loads(text)
    return links


def dump_todo(todo: Iterable[str]) -> str:
    """Empty for nothing to do, so that a database can tell without reading JSON."""
    return " ".join(todo)


def load_todo(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _plain(message: Message) -> dict[str, Any]:
    return {
        "section": message.section,
        "part": message.part,
        "method": message.method,
        "body": message.body,
        "text": message.text,
        "files": [asdict(item) for item in message.files],
        "slots": [asdict(slot) for slot in message.slots],
        "inside": message.inside,
        "after": list(message.after),
        "answers": message.answers,
    }

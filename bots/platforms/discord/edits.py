"""The JSON of a send and of an edit, from the planned bodies (discord.md 3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.model import Message

_NOBODY: Mapping[str, Any] = {"parse": []}
"""Absent, `allowed_mentions` would let every mention notify; on edits too, whatever the send said (discord.md 3.4)."""


def create_body(message: Message, nonce: str) -> dict[str, Any]:
    """The planned body, untouched, with the nonce by which Discord recognises a repeated send (discord.md 3.3)."""
    body: dict[str, Any] = {"allowed_mentions": _NOBODY, **message.body, "nonce": nonce, "enforce_nonce": True}
    if attached := attachments(message):
        body["attachments"] = attached
    return body


def edit_body(old: Message, new: Message) -> dict[str, Any]:
    """What to change. Pictures stay as they are unless the field is given: then only what it lists is kept."""
    body: dict[str, Any] = {
        "content": new.body.get("content") or "",
        "allowed_mentions": new.body.get("allowed_mentions", _NOBODY),
    }
    for name in ("embeds", "components"):
        if name in old.body or name in new.body:
            body[name] = new.body.get(name, [])
    if old.body.get("flags", 0) != new.body.get("flags", 0):
        body["flags"] = new.body.get("flags", 0)
    if other_pictures(old, new):
        body["attachments"] = attachments(new)
    return body


def other_pictures(old: Message, new: Message) -> bool:
    """True when the pictures or their alt texts differ, so that an edit has to upload them anew."""
    return old.files != new.files


def attachments(message: Message) -> list[dict[str, Any]]:
    """Entries for the uploads; `id` is the n of the multipart part `files[n]`, `description` the alt text."""
    planned = message.body.get("attachments")
    if planned is not None:
        return [dict(each) for each in planned]
    present = [file for file in message.files if not file.missing]
    return [
        {"id": n, "filename": file.name} | ({"description": file.alt} if file.alt else {})
        for n, file in enumerate(present)
    ]

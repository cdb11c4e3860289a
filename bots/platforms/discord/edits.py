"""The JSON of a send and of an edit, from the planned bodies (discord.md 3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.model import Message

MESSAGE, FORUM_POST = "createMessage", "createForumPost"
"""The calls that send."""
CROSSPOST, PIN = "crosspost", "pin"
"""What can be done to a message that is out there."""
NOBODY: Mapping[str, Any] = {"parse": []}
"""Absent, `allowed_mentions` would let every mention notify; on edits too, whatever the send said (discord.md 3.4)."""


def inner(message: Message) -> Mapping[str, Any]:
    """The message itself: a forum post carries it as its first one."""
    held = message.body.get("message")
    return held if isinstance(held, Mapping) else message.body


def create_body(message: Message, nonce: str, answers: str | None = None) -> dict[str, Any]:
    """The planned body, untouched, with the nonce by which Discord recognises a repeated send (discord.md 3.3).

    As a reply to `answers`, if that is still there: by default one that is gone would refuse it (discord.md 3.2).
    """
    body: dict[str, Any] = {"allowed_mentions": NOBODY, **message.body, "nonce": nonce, "enforce_nonce": True}
    if attached := attachments(message):
        body["attachments"] = attached
    if answers is not None:
        body["message_reference"] = {"message_id": answers, "fail_if_not_exists": False}
    return body


def edit_body(old: Message, new: Message) -> dict[str, Any]:
    """What to change. Pictures stay as they are unless the field is given: then only what it lists is kept."""
    before, after = inner(old), inner(new)
    body: dict[str, Any] = {
        "content": after.get("content") or "",
        "allowed_mentions": after.get("allowed_mentions", NOBODY),
    }
    for name in ("embeds", "components"):
        if name in before or name in after:
            body[name] = after.get(name, [])
    if before.get("flags", 0) != after.get("flags", 0):
        body["flags"] = after.get("flags", 0)
    if other_pictures(old, new):
        body["attachments"] = attachments(new)
    return body


def other_pictures(old: Message, new: Message) -> bool:
    """True when the pictures or their alt texts differ, so that an edit has to upload them anew."""
    return old.files != new.files


def attachments(message: Message) -> list[dict[str, Any]]:
    """Entries for the uploads; `id` is the n of the multipart part `files[n]`, `description` the alt text."""
    planned = inner(message).get("attachments")
    if planned is not None:
        return [dict(each) for each in planned]
    present = [file for file in message.files if not file.missing]
    return [
        {"id": n, "filename": file.name} | ({"description": file.alt} if file.alt else {})
        for n, file in enumerate(present)
    ]

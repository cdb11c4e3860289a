"""What is said about messages that are out there: an erratum, and that one was withdrawn. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bots.layout import notes
from bots.layout.atoms import Atom, Cut, Frame, Span
from bots.model import Destination, Message
from bots.platforms.telegram import bodies
from bots.platforms.telegram.entities import utf16_offsets
from bots.platforms.telegram.inert import cleaned, inert
from bots.platforms.telegram.shape import CAPTION, TEXT

_KEYS = {"text": "entities", "caption": "caption_entities"}
_QUIET = "disable_notification"


def erratum(word: str, text: str, to: Message, destination: Destination) -> Message:
    """The erratum behind its opening `word`, as quiet as the message it answers."""
    atom = cleaned(notes.erratum(word, text))
    made = bodies.message((inert(atom) if destination.inert else atom,))
    if made is None:
        raise ValueError("an erratum that readers can't see")  # its opening word is always there
    quiet = {_QUIET: True} if to.body.get(_QUIET) else {}
    return replace(made, body={**made.body, "link_preview_options": {"is_disabled": True}, **quiet}, answers=True)


def withdrawn(word: str, message: Message) -> Message:
    """The message struck through behind `word`: all that is left to do once it can't be deleted (telegram.md 6)."""
    if "media" in message.body:
        media = list(message.body["media"])
        at = next((number for number, item in enumerate(media) if "caption" in item), 0)
        media[at] = _struck(word, media[at], "caption", CAPTION)
        body, text = {**message.body, "media": media}, media[at]["caption"]
    elif message.method == "sendMessage":
        struck = _struck(word, message.body, "text", TEXT)
        body, text = {**struck, "link_preview_options": {"is_disabled": True}}, struck["text"]
    else:
        body = _struck(word, message.body, "caption", CAPTION)
        text = body["caption"]
    return replace(message, body=body, text=text, slots=(), after=())


def _struck(word: str, item: Mapping[str, Any], key: str, most: int) -> dict[str, Any]:
    """`item` with its words struck through; links and code go, so what they kept from being linked is made inert."""
    words = inert(Atom(Frame(1), Cut.BLOCK, (Span(str(item.get(key, ""))),))).text
    if not words:
        return {**item, key: word}
    text = f"{word}\n{words}"[:most].rstrip()
    units = utf16_offsets(text)
    start = units[len(word) + 1]
    strike = {"type": "strikethrough", "offset": start, "length": units[-1] - start}
    return {**item, key: text, _KEYS[key]: [strike]}

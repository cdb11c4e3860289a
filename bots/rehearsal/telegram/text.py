"""What becomes of a text and its entities between a bot's call and the readers (telegram.md 1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bots.rehearsal.telegram.characters import Ruler, clean, is_invisible, ruler, utf16_length
from bots.rehearsal.telegram.drafts import Draft
from bots.rehearsal.telegram.entities import canonical, capped, order, with_found
from bots.rehearsal.telegram.found import found
from bots.rehearsal.telegram.links import BadLinkError, checked, user_of
from bots.rehearsal.telegram.replies import bad_request
from bots.rehearsal.telegram.values import Entity

TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024
"""Both in code points, after cleaning and trimming."""
FARTHEST = 1_000_000
BLANK = " \n"
"""What is trimmed; no other space is."""
DATE_FORMAT = re.compile(r"r|w?[dD]?[tT]?")


def formatted(written: Draft, *, caption: bool = False) -> tuple[str, tuple[Entity, ...]]:
    """Text and entities as readers get them, found ones included. Offsets are UTF-16 units.

    Raises BotApiError: a bad link, an entity off the text, nothing visible, too long.
    """
    text, entities = normal(written, may_be_empty=caption)
    if len(text) > (CAPTION_LENGTH if caption else TEXT_LENGTH):
        raise bad_request("message caption is too long" if caption else "message is too long")
    discovered = found(text)
    kept = capped(with_found(entities, discovered))
    return text, tuple(with_found(canonical(kept), discovered))


def normal(written: Draft, *, may_be_empty: bool) -> tuple[str, list[Entity]]:
    """Cleaned, nested and trimmed, without the limits and without found entities."""
    text, entities = trimmed(*settled(written))
    if not may_be_empty and is_invisible(text):
        raise bad_request("Text must be non-empty")
    return text, entities


def settled(written: Draft) -> tuple[str, list[Entity]]:
    """Cleaned and nested but not trimmed; ("", []) when nothing but blanks is left."""
    entities = [_resolved(entity) for entity in written.entities]
    for entity in entities:
        _check_range(entity)
    text, nested = _cleaned(written.text, canonical(_real(entities)))
    if not text.strip(BLANK):
        return "", []
    # Removed characters can make two entities share an edge, so their order is settled once more.
    return text, canonical(_real(nested))


def _resolved(entity: Entity) -> Entity:
    """A text link with the address Telegram stores, or the mention it stands for."""
    if entity.type == "date_time" and entity.unix_time <= 0:
        raise bad_request("Invalid date specified")
    if entity.type == "date_time" and not DATE_FORMAT.fullmatch(entity.format):
        raise bad_request("Invalid date-time format specified")
    if entity.type != "text_link":
        return entity
    user = user_of(entity.url)
    if user:
        return replace(entity, type="text_mention", url="", user=user)
    try:
        return replace(entity, url=checked(entity.url))
    except BadLinkError as reason:
        raise bad_request(f"Entity URL '{clean(entity.url)}' is invalid: {reason}") from None


def _check_range(entity: Entity) -> None:
    if not 0 <= entity.offset <= FARTHEST:
        raise bad_request(f"Receive an entity with incorrect offset {entity.offset}")
    if not 0 <= entity.length <= FARTHEST:
        raise bad_request(f"Receive an entity with incorrect length {entity.length}")


def _real(entities: Sequence[Entity]) -> list[Entity]:
    """Without those that cover nothing or stand for nothing."""
    empty = {("text_link", ""), ("text_mention", 0), ("custom_emoji", 0)}
    values = {"text_link": "url", "text_mention": "user", "custom_emoji": "emoji"}
    return [e for e in entities if e.length > 0 and (e.type, getattr(e, values.get(e.type, "type"))) not in empty]


def _cleaned(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    """The cleaned text, and the entities where they lie in it."""
    scale = ruler(text)
    _check_edges(scale, entities)
    moved = [
        replace(e, offset=scale.cleaned[e.offset], length=scale.cleaned[e.end] - scale.cleaned[e.offset])
        for e in entities
    ]
    return clean(text), moved


def _check_edges(scale: Ruler, entities: Sequence[Entity]) -> None:
    """Refuse entities that begin or end inside a character or past the end; TDLib names the first it meets."""
    split = [fault for index, e in enumerate(entities) for fault in _mid_character(scale, index, e)]
    if split:
        raise bad_request(min(split)[-1])
    beyond = next((e for e in entities if e.offset > scale.length), None)
    if beyond is not None:
        raise bad_request(f"Entity begins after the end of the text at UTF-16 offset {beyond.offset}")
    longest = [e for e in entities if e.end > scale.length]
    if longest:
        last = longest[-1]
        raise bad_request(
            f"Entity beginning at UTF-16 offset {last.offset} ends after the end of the text"
            f" at UTF-16 offset {last.end}"
        )


def _mid_character(scale: Ruler, index: int, entity: Entity) -> list[tuple[int, int, int, str]]:
    """Sortable faults: place, ends before beginnings, inner before outer where they end, then the refusal."""
    faults = []
    if entity.offset not in scale.bytes and entity.offset < scale.length:
        place = scale.bytes[entity.offset + 1]
        faults.append((place, 1, index, f"Entity begins in a middle of a UTF-16 symbol at byte offset {place}"))
    elif entity.end not in scale.bytes and entity.end < scale.length:
        place = scale.bytes[entity.end + 1]
        what = f"Entity beginning at UTF-16 offset {entity.offset} ends in a middle of a UTF-16 symbol"
        faults.append((place, 0, -index, f"{what} at byte offset {place}"))
    return faults


def trimmed(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    """Without blanks at the end, and at the start up to the first entity."""
    body = text.rstrip(BLANK)
    end = utf16_length(body)
    cut = [replace(e, length=min(e.length, end - e.offset)) for e in entities if e.offset < end]
    first = min((e.offset for e in cut), default=end)
    lead = min(len(body) - len(body.lstrip(BLANK)), first)
    return body[lead:], [replace(e, offset=e.offset - lead) for e in sorted(cut, key=order)]

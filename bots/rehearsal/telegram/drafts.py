"""The text arguments of a call, as the server in front of TDLib reads them (telegram.md 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bots.rehearsal.telegram.entities import FOUND, QUOTES, STYLES
from bots.rehearsal.telegram.params import ARGUMENT_BYTES, Params
from bots.rehearsal.telegram.replies import BotApiError, Json, bad_request
from bots.rehearsal.telegram.values import Entity

PLAIN_TYPES = frozenset({*STYLES, *QUOTES, "code"})
"""Types that carry nothing but their place."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text argument and its explicit entities as the server in front of TDLib reads them."""

    text: str
    entities: tuple[Entity, ...] = ()


def read_text(params: Params) -> Draft:
    """The `text` of sendMessage and editMessageText."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    return draft(params.text("text"), params.json("entities", "entities"), params.text("parse_mode"))


def read_caption(params: Params) -> Draft:
    entities = params.json("caption_entities", "caption entities")
    return draft(params.text("caption"), entities, params.text("parse_mode"))


def draft(text: str, entities: Json, parse_mode: str | None) -> Draft:
    """Check the arguments alone; TDLib has its say in `formatted`."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise bad_request("Strings must be encoded in UTF-8") from None
    if size > ARGUMENT_BYTES:
        raise bad_request("text is too long")
    if parse_mode and parse_mode.lower() != "none":
        raise bad_request(f"unsupported parse_mode: the rehearsal takes entities, not {parse_mode}")
    listed = entities if isinstance(entities, list) else []
    return Draft(text, tuple(read for read in map(_entity, listed) if read is not None))


def _entity(value: Json) -> Entity | None:
    """A `MessageEntity`; None for the types that only Telegram itself finds."""
    if not isinstance(value, dict):
        raise _unreadable("expected an Object")
    offset, length = _number(value, "offset"), _number(value, "length")
    kind = _string(value, "type")
    if not kind:
        raise _unreadable("Type is not specified")
    if kind in FOUND:
        return None
    entity = Entity(kind, offset, length)
    if kind in PLAIN_TYPES:
        return entity
    return _entity_with_value(entity, value)


def _entity_with_value(entity: Entity, value: Mapping[str, Json]) -> Entity:
    match entity.type:
        case "text_link":
            return replace(entity, url=_string(value, "url"))
        case "pre":
            return replace(entity, language=str(value.get("language") or ""))
        case "text_mention":
            user = value.get("user")
            if not isinstance(user, dict):
                raise _unreadable('Can\'t find field "user"')
            return replace(entity, user=_number(user, "id"))
        case "custom_emoji":
            return replace(entity, emoji=_number(value, "custom_emoji_id"))
        case "date_time":
            date_format = str(value.get("date_time_format") or "")
            return replace(entity, unix_time=_number(value, "unix_time"), format=date_format)
    raise _unreadable("Unsupported type specified")


def _number(value: Mapping[str, Json], name: str) -> int:
    if name not in value:
        raise _unreadable(f'Can\'t find field "{name}"')
    try:
        return int(str(value[name]))
    except ValueError:
        raise _unreadable(f'Field "{name}" must be a valid Number') from None


def _string(value: Mapping[str, Json], name: str) -> str:
    if name not in value:
        raise _unreadable(f'Can\'t find field "{name}"')
    if not isinstance(value[name], str):
        raise _unreadable(f'Field "{name}" must be of type String')
    return str(value[name])


def _unreadable(why: str) -> BotApiError:
    return bad_request(f"Can't parse MessageEntity: {why}")

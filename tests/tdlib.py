"""Telegram's own library as the judge: what TDLib makes of a text, in the rehearsal's own values."""

from __future__ import annotations

import json
from typing import Any

import tdjson

from bots.rehearsal.telegram.drafts import Draft
from bots.rehearsal.telegram.replies import BotApiError
from bots.rehearsal.telegram.values import Entity

Triple = tuple[str, int, int]

TDLIB_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
    "text_link": "TextUrl",
    "text_mention": "MentionName",
    "custom_emoji": "CustomEmoji",
    "date_time": "DateTime",
    "mention": "Mention",
    "hashtag": "Hashtag",
    "cashtag": "Cashtag",
    "bot_command": "BotCommand",
    "url": "Url",
    "email": "EmailAddress",
    "bank_card_number": "BankCardNumber",
}
OUR_NAMES = {f"textEntityType{theirs}": ours for ours, theirs in TDLIB_NAMES.items()}
MARKUP = str.maketrans("[`_*~|", "xxxxxx")
"""parseMarkdown would read these six; none of them matters to entities given explicitly."""


def tdlib(request: dict[str, Any]) -> dict[str, Any]:
    """One offline call to TDLib."""
    tdjson.td_execute(b'{"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}')
    answer: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(request).encode()) or b"{}")
    return answer


def judge(written: Draft) -> tuple[str, list[Entity]]:
    """TDLib's own cleaning and nesting; raises AssertionError's text as a refusal of ours would read."""
    entities = [tdlib_entity(e) for e in written.entities]
    answer = tdlib({"@type": "parseMarkdown", "text": formatted_text(written.text, entities)})
    if answer["@type"] == "error":
        raise BotApiError(400, answer["message"])
    return answer["text"], [our_entity(e) for e in answer["entities"]]


def formatted_text(text: str, entities: list[dict[str, Any]]) -> dict[str, Any]:
    return {"@type": "formattedText", "text": text, "entities": entities}


def tdlib_entity(entity: Entity) -> dict[str, Any]:
    name = "PreCode" if entity.type == "pre" and entity.language else TDLIB_NAMES[entity.type]
    kind = {
        "@type": f"textEntityType{name}",
        "url": entity.url,
        "language": entity.language,
        "user_id": entity.user,
        "custom_emoji_id": str(entity.emoji),
        "unix_time": entity.unix_time,
    }
    return {"@type": "textEntity", "offset": entity.offset, "length": entity.length, "type": kind}


def our_entity(entity: dict[str, Any]) -> Entity:
    kind = entity["type"]
    name = "pre" if kind["@type"] == "textEntityTypePreCode" else OUR_NAMES[kind["@type"]]
    return Entity(
        name,
        entity["offset"],
        entity["length"],
        url=kind.get("url", ""),
        language=kind.get("language", ""),
        user=kind.get("user_id", 0),
        emoji=int(kind.get("custom_emoji_id", 0)),
        unix_time=kind.get("unix_time", 0),
    )


def outcome(treat: Any, written: Draft) -> tuple[str, list[Entity]] | str:
    """A result, or the refusal in lower case and without the class in front."""
    try:
        text, entities = treat(written)
    except BotApiError as refusal:
        return refusal.description.removeprefix("Bad Request: ").lower()
    return text, list(entities)


def link(url: str) -> Draft:
    return Draft("x", (Entity("text_link", 0, 1, url=url),))


def piece(text: str, entity: Entity) -> str:
    return text.encode("utf-16-le")[2 * entity.offset : 2 * entity.end].decode("utf-16-le")


def triples(entities: list[Entity]) -> list[Triple]:
    return [(e.type, e.offset, e.length) for e in entities]


def judged_finds(text: str) -> list[Triple] | None:
    """What TDLib finds; None if it found a media timestamp, which bots' messages never get and which hides others."""
    entities = tdlib({"@type": "getTextEntities", "text": text})["entities"]
    if any(e["type"]["@type"] == "textEntityTypeMediaTimestamp" for e in entities):
        return None
    return triples([our_entity(e) for e in entities])

"""Methods that put messages into chats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bots.rehearsal.telegram.drafts import Draft, draft, read_caption, read_text
from bots.rehearsal.telegram.keyboards import reply_markup
from bots.rehearsal.telegram.news import announce, origin_of, pass_on
from bots.rehearsal.telegram.params import Params, objects
from bots.rehearsal.telegram.replies import BotApiError, File, Json, bad_request
from bots.rehearsal.telegram.state import Call
from bots.rehearsal.telegram.text import formatted
from bots.rehearsal.telegram.threads import root_of
from bots.rehearsal.telegram.topics import thread_of
from bots.rehearsal.telegram.values import Chat, Content, Media, MediaKind, Message
from bots.rehearsal.telegram.wire import message_json, person_json, user_json

ALBUM_KINDS = {"photo": MediaKind.PHOTO, "document": MediaKind.DOCUMENT}


def send_message(call: Call) -> Json:
    written = read_text(call.params)
    chat = call.writable()
    text, entities = formatted(written)
    preview = call.params.json("link_preview_options", "link preview options")
    content = Content(text, entities, markup=reply_markup(call, chat), preview=preview)
    return _post(call, chat, [content])[0]


def send_photo(call: Call) -> Json:
    return _send_media(call, MediaKind.PHOTO, "photos")


def send_document(call: Call) -> Json:
    return _send_media(call, MediaKind.DOCUMENT, "documents")


def _send_media(call: Call, kind: MediaKind, what: str) -> Json:
    written = read_caption(call.params)
    chat = call.writable(what)
    content = media_content(call, chat, kind, call.params.text(str(kind)), written)
    return _post(call, chat, [content])[0]


def media_content(call: Call, chat: Chat, kind: MediaKind, reference: str, written: Draft) -> Content:
    """The content a media parameter asks for. The multipart file is named like its kind when `reference` is empty."""
    media = fetch(call, kind, reference, str(kind))
    text, entities = formatted(written, caption=True)
    above = call.params.flag("show_caption_above_media")
    return Content(text, entities, media, reply_markup(call, chat), caption_above=above)


def fetch(call: Call, kind: MediaKind, reference: str, part: str) -> Media:
    """The file behind an upload, an `attach://` name or a file id."""
    file: File | None = call.params.files.get(part)
    if reference.startswith("attach://"):
        file = call.params.files.get(reference.removeprefix("attach://"))
    if file is not None:
        shelf = call.state.shelf
        return shelf.photo(call.bot.id, file) if kind is MediaKind.PHOTO else shelf.document(call.bot.id, file)
    if not reference or reference.startswith("attach://"):
        raise bad_request(f"there is no {kind} in the request")
    if reference.lower().startswith(("http://", "https://")):
        # There is no web behind the rehearsal, so a picture by address ends as an unreachable one does.
        raise bad_request("failed to get HTTP URL content")
    return call.state.shelf.known(call.bot.id, reference, kind)


@dataclass(frozen=True, slots=True)
class _Item:
    """One `InputMedia` of an album, its arguments read; `number` counts from 1."""

    number: int
    kind: MediaKind
    reference: str
    written: Draft
    above: bool


def send_media_group(call: Call) -> Json:
    items = [_item(n, value) for n, value in enumerate(objects(call.params.json("media", "media"), "InputMedia"), 1)]
    chat = call.writable("documents" if items and items[0].kind is MediaKind.DOCUMENT else "photos")
    _check_album(items)
    return _post(call, chat, [_album_content(call, item, alone=len(items) == 1) for item in items])


def _item(number: int, value: Mapping[str, Json]) -> _Item:
    name = str(value.get("type"))
    if name not in ALBUM_KINDS:
        raise bad_request(f'type "{name}" can\'t be used in sendMediaGroup')
    written = draft(str(value.get("caption") or ""), value.get("caption_entities"), value.get("parse_mode"))
    above = bool(value.get("show_caption_above_media"))
    return _Item(number, ALBUM_KINDS[name], str(value.get("media") or ""), written, above)


def _check_album(items: Sequence[_Item]) -> None:
    """Two to ten are documented, one to ten are enforced (telegram.md 2)."""
    if len(items) > 10:
        raise bad_request("too many messages to send as an album")
    if not items:
        raise bad_request("there are no messages to send")
    if len({item.kind for item in items}) > 1:
        raise bad_request("Document can't be mixed with other media types")
    if len({item.above for item in items}) > 1:
        raise bad_request("parameter show_caption_above_media must be the same for all messages")


def _album_content(call: Call, item: _Item, *, alone: bool) -> Content:
    text, entities = formatted(item.written, caption=True)
    try:
        media = fetch(call, item.kind, item.reference, "")
    except BotApiError as refusal:
        what = refusal.description.removeprefix("Bad Request: ")
        if alone or not what.isupper():
            raise
        # Only the servers behind TDLib look into a picture; for an album their answer comes wrapped.
        raise bad_request(f'failed to send message #{item.number} with the error message "{what}"') from None
    return Content(text, entities, media, caption_above=item.above)


def forward_message(call: Call) -> Json:
    chat = call.writable()
    source = call.chat("from_chat_id")
    original = call.message(source, "message to forward")
    if original.protected or source.protected:
        raise bad_request("message has protected content and can't be forwarded")
    content = original.content
    author = person_json(original.author) if original.author else user_json(call.bot)
    origin = original.origin or origin_of(source, original, author)
    return _post(call, chat, [Content(content.text, content.entities, content.media)], origin=origin)[0]


def copy_message(call: Call) -> Json:
    chat = call.writable()
    source = call.chat("from_chat_id")
    original = call.message(source, "message to copy")
    if original.protected or source.protected:
        raise bad_request("message has protected content and can't be copied")
    content = original.content
    text, entities = content.text, content.entities
    if content.media and "caption" in call.params.values:
        text, entities = formatted(read_caption(call.params), caption=True)
    copied = Content(text, entities, content.media, reply_markup(call, chat), content.preview)
    return {"message_id": _post(call, chat, [copied])[0]["message_id"]}


def _post(call: Call, chat: Chat, contents: Sequence[Content], origin: Json = None) -> list[Json]:
    """Append messages to a chat, all or none, and give them as JSON."""
    reply_to, topic = _reply_target(call, chat), thread_of(call, chat)
    thread = topic or root_of(chat, reply_to)
    call.spend(chat, len(contents))
    album = call.state.next_album() if len(contents) > 1 else ""
    now = call.state.clock.now()
    posted: list[Message] = []
    for content in contents:
        message = Message(
            id=call.state.next_id(chat),
            date=now,
            bot=call.bot.id,
            content=content,
            album=album,
            silent=call.params.flag("disable_notification"),
            protected=call.params.flag("protect_content"),
            reply_to=reply_to,
            origin=origin,
            thread=thread,
        )
        chat.messages.append(message)
        announce(call.state, chat, message)
        posted.append(message)
    pass_on(call.state, chat, posted)
    return [message_json(chat, message, call.bot) for message in posted]


def _reply_target(call: Call, chat: Chat) -> int:
    """The message replied to, 0 for none."""
    wanted = call.params.json("reply_parameters", "ReplyParameters")
    if not isinstance(wanted, dict) or not wanted.get("message_id"):
        return 0
    target = Params(wanted).integer("message_id")
    if chat.find(target) is not None:
        return target
    if wanted.get("allow_sending_without_reply"):
        return 0
    raise bad_request("message to be replied not found")

"""Methods that change, mark or take back what is in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bots.rehearsal.telegram.drafts import draft, read_caption, read_text
from bots.rehearsal.telegram.keyboards import reply_markup
from bots.rehearsal.telegram.news import announce, corrected, happened
from bots.rehearsal.telegram.params import objects
from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.sending import ALBUM_KINDS, fetch
from bots.rehearsal.telegram.state import Call, check_write
from bots.rehearsal.telegram.text import formatted
from bots.rehearsal.telegram.values import Chat, ChatKind, Content, Message, Standing
from bots.rehearsal.telegram.wire import message_json

DELETABLE = timedelta(hours=48)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
REACTIONS = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 "
    "🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 "
    "👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
"""The emoji a bot may react with."""


def edit_message_text(call: Call) -> Json:
    written = read_text(call.params)
    chat, message = _editable(call)
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    text, entities = formatted(written)
    preview = call.params.json("link_preview_options", "link preview options")
    return _edit(call, chat, message, Content(text, entities, markup=_markup(call, chat, message), preview=preview))


def edit_message_caption(call: Call) -> Json:
    written = read_caption(call.params)
    chat, message = _editable(call)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    text, entities = formatted(written, caption=True)
    above = call.params.flag("show_caption_above_media")
    return _edit(
        call, chat, message, Content(text, entities, message.media, _markup(call, chat, message), caption_above=above)
    )


def edit_message_media(call: Call) -> Json:
    """Turns any message of ours into media, a text message too (telegram.md 3.1)."""
    item = call.params.json("media", "media")
    kind = ALBUM_KINDS.get(str(item.get("type"))) if isinstance(item, dict) else None
    if kind is None:
        raise bad_request("can't parse InputMedia: media not found")
    written = draft(item.get("caption") or "", item.get("caption_entities"), item.get("parse_mode"))
    chat, message = _editable(call)
    if message.album and message.media is not None and message.media.kind is not kind:
        raise bad_request("can't change media type in the album")
    text, entities = formatted(written, caption=True)
    media = fetch(call, kind, str(item.get("media") or ""), "")
    above = bool(item.get("show_caption_above_media"))
    return _edit(call, chat, message, Content(text, entities, media, _markup(call, chat, message), caption_above=above))


def edit_message_reply_markup(call: Call) -> Json:
    chat, message = _editable(call)
    return _edit(call, chat, message, replace(message.content, markup=_markup(call, chat, message)))


def _markup(call: Call, chat: Chat, message: Message) -> Json:
    """The keyboard of the edit; no part of an album can have one (telegram.md 8)."""
    markup = reply_markup(call, chat, editing=True)
    if markup is not None and message.album:
        raise bad_request("message can't be edited")
    return markup


def _editable(call: Call) -> tuple[Chat, Message]:
    """Own posts at any age; others' only in a channel and with the right to edit them; forwards never."""
    chat = call.chat()
    message = call.message(chat, "message to edit")
    allowed = message.bot == call.bot.id
    if chat.kind is ChatKind.CHANNEL:
        allowed = (allowed and chat.can_post) or (chat.can_edit and chat.standing is Standing.ADMINISTRATOR)
    if not allowed or message.origin is not None:
        raise bad_request("message can't be edited")
    return chat, message


def _edit(call: Call, chat: Chat, message: Message, content: Content) -> Json:
    call.spend(chat)
    if content == message.content:
        raise bad_request(NOT_MODIFIED)
    history = (*message.history, message.content)
    edited = replace(message, content=content, history=history, edited=call.state.clock.now())
    chat.put(edited)
    announce(call.state, chat, edited, edited=True)
    corrected(call.state, chat, edited)
    return message_json(chat, edited, call.bot)


def delete_message(call: Call) -> Json:
    chat = call.chat()
    message = call.message(chat, "message to delete")
    _check_deletable(call, chat, message)
    chat.remove(message)
    return True


def _check_deletable(call: Call, chat: Chat, message: Message) -> None:
    """48 hours hold for a bot whatever its rights; own posts in a channel need the right to post (telegram.md 8)."""
    young = call.state.clock.now() - message.date < DELETABLE
    own = message.bot == call.bot.id and (chat.kind is not ChatKind.CHANNEL or chat.can_post)
    allowed = own or (chat.can_delete and chat.standing is Standing.ADMINISTRATOR)
    if not young or not allowed:
        raise bad_request("message can't be deleted")


def set_message_reaction(call: Call) -> Json:
    chat = call.chat()
    message = call.message(chat, "message to react")
    reactions = objects(call.params.json("reaction", "reaction"), "reaction")
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if not all(_is_reaction(reaction) for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    chat.put(replace(message, reactions=tuple(reactions)))
    return True


def _is_reaction(reaction: Mapping[str, Json]) -> bool:
    """Variation selectors make no difference."""
    return reaction.get("type") == "emoji" and str(reaction.get("emoji")).replace("\ufe0f", "") in REACTIONS.split()


def pin_chat_message(call: Call) -> Json:
    """In channels this needs can_edit_messages; a new pin tells of itself under an id of its own (telegram.md 8)."""
    chat = call.chat()
    check_write(chat)
    message = call.message(chat, "message to pin")
    if not _may_pin(chat):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    if chat.pinned != message.id:
        chat.pinned = message.id
        told = happened(call.state, chat, {"pinned_message": message_json(chat, message, call.bot, quoting=False)})
        announce(call.state, chat, told)
    return True


def _may_pin(chat: Chat) -> bool:
    if chat.kind is ChatKind.CHANNEL:
        return chat.can_edit
    if chat.group and chat.standing is Standing.ADMINISTRATOR:
        return chat.can_pin
    return chat.permissions.pin if chat.group else True

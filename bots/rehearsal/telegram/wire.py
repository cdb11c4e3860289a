"""Our values as the Bot API's JSON."""

from __future__ import annotations

from datetime import datetime

from bots.rehearsal.telegram.replies import Json
from bots.rehearsal.telegram.state import Bot
from bots.rehearsal.telegram.values import Chat, ChatKind, Entity, Media, MediaKind, Message, Standing, User

NO_RIGHTS = (
    "is_anonymous",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
"""Fields of `ChatMemberAdministrator` that this Telegram never grants."""


SHUT_OUT = {Standing.BLOCKED: "kicked", Standing.STRANGER: "left", Standing.DEACTIVATED: "left"}
"""How a private chat that is closed to the bot looks in `ChatMember`, which knows no other words."""
SERVICE = User(777000, "Telegram", "")
"""Who forwards a channel's posts to its discussion group."""


def user_json(bot: Bot) -> Json:
    return {"id": bot.id, "is_bot": True, "first_name": bot.name, "username": bot.username}


def person_json(user: User) -> Json:
    name = {"username": user.username} if user.username else {}
    language = {"language_code": user.language} if user.language else {}
    return {"id": user.id, "is_bot": user.is_bot, "first_name": user.name, **name, **language}


def chat_json(chat: Chat) -> Json:
    """A chat as it stands inside a message."""
    name = {"first_name": chat.title} if chat.kind is ChatKind.PRIVATE else {"title": chat.title}
    public = {"username": chat.username} if chat.username else {}
    forum = {"is_forum": True} if chat.forum else {}
    return {"id": chat.id, "type": str(chat.kind), **name, **public, **forum}


def chat_full_json(chat: Chat, bot: Bot) -> Json:
    """A chat as getChat gives it."""
    full: dict[str, Json] = chat_json(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
        ),
    }
    if chat.group:
        full["permissions"] = _permissions_json(chat)
    if chat.linked is not None:
        full["linked_chat_id"] = chat.linked
    if chat.protected:
        full["has_protected_content"] = True
    pinned = chat.find(chat.pinned)
    if pinned is not None:
        full["pinned_message"] = message_json(chat, pinned, bot)
    return full


def _permissions_json(chat: Chat) -> Json:
    files = ("audios", "documents", "videos", "video_notes", "voice_notes", "polls", "other_messages")
    may = chat.permissions
    rights = dict.fromkeys((f"can_send_{what}" for what in files), may.documents)
    rights |= {"can_send_messages": may.messages, "can_send_photos": may.photos, "can_pin_messages": may.pin}
    return rights | dict.fromkeys(("can_add_web_page_previews", "can_invite_users"), True)


def member_json(chat: Chat, bot: Bot) -> Json:
    """The bot's own membership."""
    user = user_json(bot)
    if chat.standing is not Standing.ADMINISTRATOR:
        status = SHUT_OUT.get(chat.standing, str(chat.standing))
        return {"status": status, "user": user, **({"until_date": 0} if status == "kicked" else {})}
    rights: dict[str, Json] = dict.fromkeys(NO_RIGHTS, False)
    rights |= {"can_be_edited": False, "can_manage_chat": True}
    rights["can_delete_messages"] = chat.can_delete
    if chat.kind is ChatKind.CHANNEL:
        rights |= {"can_post_messages": chat.can_post, "can_edit_messages": chat.can_edit}
    else:
        rights |= {"can_pin_messages": chat.can_pin, "can_manage_topics": chat.can_manage_topics}
    return {"status": "administrator", "user": user, **rights}


def entity_json(entity: Entity) -> Json:
    extras: dict[str, dict[str, Json]] = {
        "text_link": {"url": entity.url},
        "pre": {"language": entity.language} if entity.language else {},
        "text_mention": {"user": {"id": entity.user, "is_bot": False, "first_name": str(entity.user)}},
        "custom_emoji": {"custom_emoji_id": str(entity.emoji)},
        "date_time": {"unix_time": entity.unix_time, "date_time_format": entity.format},
    }
    place = {"offset": entity.offset, "length": entity.length}
    return {"type": entity.type, **place, **extras.get(entity.type, {})}


def media_json(media: Media) -> Json:
    """The fields a message carries for its file."""
    if media.kind is MediaKind.PHOTO:
        sizes = [
            {
                "file_id": size.file_id,
                "file_unique_id": f"{media.unique_id}{rank}",
                "width": size.width,
                "height": size.height,
                "file_size": len(media.content),
            }
            for rank, size in enumerate(media.sizes)
        ]
        return {"photo": sizes}
    return {"document": file_json(media) | {"file_name": media.name, "mime_type": media.mime}}


def file_json(media: Media) -> Json:
    return {"file_id": media.file_id, "file_unique_id": media.unique_id, "file_size": len(media.content)}


def message_json(chat: Chat, message: Message, bot: Bot, *, quoting: bool = True) -> Json:
    """A message as sends, edits and getChat return it. `quoting` adds the message it replies to."""
    body: dict[str, Json] = {"message_id": message.id, "date": _unix(message.date), "chat": chat_json(chat)}
    body |= _author_json(chat, message, bot) | _content_json(message) | _state_json(message)
    if message.thread:
        body |= {"message_thread_id": message.thread} | ({"is_topic_message": True} if chat.forum else {})
    quoted = chat.find(message.reply_to) if quoting else None
    if quoted is not None:
        body["reply_to_message"] = message_json(chat, quoted, bot, quoting=False)
    return body


def _author_json(chat: Chat, message: Message, bot: Bot) -> dict[str, Json]:
    if message.automatic and message.origin is not None:
        return {"from": person_json(SERVICE), "sender_chat": message.origin["chat"], "is_automatic_forward": True}
    if chat.kind is ChatKind.CHANNEL:
        return {"sender_chat": chat_json(chat)}
    if message.sender_chat is not None and message.author:
        return {"from": person_json(message.author), "sender_chat": message.sender_chat}
    return {"from": person_json(message.author) if message.author else user_json(bot)}


def _content_json(message: Message) -> dict[str, Json]:
    content = message.content
    field = "caption" if content.media else "text"
    body: dict[str, Json] = dict(media_json(content.media)) if content.media else {}
    if content.text:
        body[field] = content.text
    if content.entities:
        body["caption_entities" if content.media else "entities"] = [entity_json(e) for e in content.entities]
    if content.markup is not None:
        body["reply_markup"] = content.markup
    if content.preview is not None:
        body["link_preview_options"] = content.preview
    if content.caption_above:
        body["show_caption_above_media"] = True
    return body


def _state_json(message: Message) -> dict[str, Json]:
    body: dict[str, Json] = {}
    if message.edited is not None:
        body["edit_date"] = _unix(message.edited)
    if message.album:
        body["media_group_id"] = message.album
    if message.protected:
        body["has_protected_content"] = True
    if message.origin is not None:
        body["forward_origin"] = message.origin
    if message.via is not None:
        body["via_bot"] = message.via
    return body | (message.service or {})


def inline_id(chat: Chat, message: Message) -> str:
    """How a bot names a message that was sent through it into a chat it may not know."""
    return f"inline{chat.id}_{message.id}"


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())

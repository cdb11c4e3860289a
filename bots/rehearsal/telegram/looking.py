"""Methods that only look."""

from __future__ import annotations

from bots.rehearsal.telegram.personal import personal_chat
from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.state import Call
from bots.rehearsal.telegram.topics import thread_of
from bots.rehearsal.telegram.values import ChatKind, Standing
from bots.rehearsal.telegram.wire import chat_full_json, file_json, member_json, user_json


def get_me(call: Call) -> Json:
    rights = ("supports_inline_queries", "can_connect_to_business", "has_main_web_app")
    may = {"can_join_groups": True, "can_read_all_group_messages": call.bot.reads_groups}
    return user_json(call.bot) | may | dict.fromkeys(rights, False)


def get_chat(call: Call) -> Json:
    return chat_full_json(call.chat(), call.bot) | personal_chat(call)


def get_chat_member(call: Call) -> Json:
    """Only the bot itself is known to be in a chat."""
    chat = call.chat()
    if chat.kind is ChatKind.CHANNEL and chat.standing is not Standing.ADMINISTRATOR:
        raise bad_request("member list is inaccessible")
    if call.params.integer("user_id") != call.bot.id:
        raise bad_request("member not found")
    return member_json(chat, call.bot)


def get_chat_member_count(call: Call) -> Json:
    return call.chat().members


def get_file(call: Call) -> Json:
    media = call.state.shelf.any(call.bot.id, call.params.text("file_id"))
    return file_json(media) | {"file_path": media.path}


def delete_webhook(call: Call) -> Json:
    """Answers as if there was none; clients that poll ask for it first."""
    return True


def get_webhook_info(call: Call) -> Json:
    pending = call.state.inboxes[call.bot.id].pending
    return {"url": call.bot.webhook, "has_custom_certificate": False, "pending_update_count": pending}


def send_chat_action(call: Call) -> Json:
    """Says what the bot is doing in a chat or topic, for a few seconds; refused where a message would be."""
    chat = call.writable()
    thread_of(call, chat)
    if not call.params.text("action"):
        raise bad_request("wrong parameter action in request")
    return True

"""Methods that only look."""

from __future__ import annotations

from bots.rehearsal.telegram.personal import personal_chat
from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.state import Call
from bots.rehearsal.telegram.topics import thread_of
from bots.rehearsal.telegram.wire import chat_full_json, file_json, user_json


def get_me(call: Call) -> Json:
    rights = ("can_connect_to_business", "has_main_web_app")
    may = {"can_join_groups": True, "can_read_all_group_messages": call.bot.reads_groups}
    may["supports_inline_queries"] = call.bot.inline
    return user_json(call.bot) | may | dict.fromkeys(rights, False)


def get_chat(call: Call) -> Json:
    return chat_full_json(call.chat(), call.bot) | personal_chat(call)


def get_chat_member_count(call: Call) -> Json:
    return call.chat().members


def get_file(call: Call) -> Json:
    media = call.state.shelf.any(call.bot.id, call.params.text("file_id"))
    return file_json(media) | {"file_path": media.path}


def send_chat_action(call: Call) -> Json:
    """Says what the bot is doing in a chat or topic, for a few seconds; refused where a message would be."""
    chat = call.writable()
    thread_of(call, chat)
    if not call.params.text("action"):
        raise bad_request("wrong parameter action in request")
    return True

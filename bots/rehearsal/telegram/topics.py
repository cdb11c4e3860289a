"""Topics of a forum: where a message goes, and the methods that make, close and delete them (telegram.md 1.9, 6)."""

from __future__ import annotations

from dataclasses import replace

from bots.rehearsal.telegram.news import announce, happened
from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.state import Call, State
from bots.rehearsal.telegram.values import Chat, Standing, Topic

GENERAL = 1


def topic_of(chat: Chat, number: int) -> Topic | None:
    """The topic with this id, deleted or not; General is in every forum."""
    return chat.topics.get(number) or (Topic(GENERAL, "General") if number == GENERAL else None)


def thread_of(call: Call, chat: Chat) -> int:
    """The topic a call writes to, 0 for General. Where there are no topics the parameter means nothing."""
    wanted = call.params.integer("message_thread_id")
    if not chat.forum:
        return 0
    topic = topic_of(chat, wanted or GENERAL)
    if topic is None or wanted == GENERAL:
        raise bad_request("message thread not found")
    if topic.deleted:
        raise bad_request("TOPIC_DELETED")
    if topic.closed and not _manages(chat):
        raise bad_request("TOPIC_CLOSED")
    return wanted


def create(state: State, chat: Chat, name: str) -> Topic:
    """Make a topic; the message that tells of it gives it its id."""
    chat.last_id = max(chat.last_id, GENERAL)  # the group's first message is General's
    told = happened(state, chat, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
    topic = Topic(told.id, name)
    chat.topics[topic.id] = topic
    announce(state, chat, told)
    return topic


def change(chat: Chat, number: int, *, closed: bool | None = None, deleted: bool | None = None) -> None:
    """Close, reopen or delete a topic. Raises BotApiError for one that isn't there."""
    topic = topic_of(chat, number)
    if topic is None or topic.deleted:
        raise bad_request("TOPIC_ID_INVALID")
    now = replace(
        topic,
        closed=topic.closed if closed is None else closed,
        deleted=topic.deleted if deleted is None else deleted,
    )
    if now == topic:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.topics[number] = now


def delete(chat: Chat, number: int) -> None:
    """Delete a topic and what was said in it."""
    change(chat, number, deleted=True)
    for message in [message for message in chat.messages if message.thread == number]:
        chat.remove(message)


def create_forum_topic(call: Call) -> Json:
    topic = create(call.state, _managed(call), call.params.text("name"))
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": 7322096}


def close_forum_topic(call: Call) -> Json:
    change(_managed(call), call.params.integer("message_thread_id"), closed=True)
    return True


def reopen_forum_topic(call: Call) -> Json:
    change(_managed(call), call.params.integer("message_thread_id"), closed=False)
    return True


def delete_forum_topic(call: Call) -> Json:
    delete(_managed(call), call.params.integer("message_thread_id"))
    return True


def _managed(call: Call) -> Chat:
    chat = call.writable()
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    if not _manages(chat):
        raise bad_request("not enough rights to manage topics")
    return chat


def _manages(chat: Chat) -> bool:
    return chat.standing is Standing.ADMINISTRATOR and chat.can_manage_topics

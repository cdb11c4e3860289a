"""Who is what in a chat: the bot itself, and people."""

from __future__ import annotations

from collections.abc import Iterator

from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.state import Call, State
from bots.rehearsal.telegram.values import Chat, ChatKind, Member, Role, Standing, User
from bots.rehearsal.telegram.wire import chat_json, member_json, person_json

RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
"""What every administrator among people may do here; channels and groups have some more each."""
RUNS_IT = (Role.OWNER, Role.ADMINISTRATOR)


def get_chat_member(call: Call) -> Json:
    chat = _listed(call)
    number = call.params.integer("user_id")
    if number == call.bot.id:
        return member_json(chat, call.bot)
    member = member_of(chat, number)
    if member is None:
        raise bad_request("member not found")
    return person_member_json(chat, member)


def get_chat_administrators(call: Call) -> Json:
    """Those who run the chat, its owner first; of the bots only the one that asks."""
    chat = call.chat()
    if chat.kind is ChatKind.PRIVATE:
        raise bad_request("there are no administrators in the private chat")
    people = sorted((m for m in chat.people.values() if m.role in RUNS_IT), key=lambda m: m.role is not Role.OWNER)
    own = [member_json(chat, call.bot)] if chat.standing is Standing.ADMINISTRATOR else []
    return [person_member_json(chat, member) for member in people] + own


def _listed(call: Call) -> Chat:
    chat = call.chat()
    if chat.kind is ChatKind.CHANNEL and chat.standing is not Standing.ADMINISTRATOR:
        raise bad_request("member list is inaccessible")
    return chat


def member_of(chat: Chat, number: int) -> Member | None:
    """What a person is in a chat; who once spoke in a group is a member of it, and so is a private chat's own user."""
    if number in chat.people:
        return chat.people[number]
    if chat.kind is ChatKind.PRIVATE:
        return Member(User(number, chat.title, chat.username)) if number == chat.id else None
    author = next((user for user in _authors(chat) if user.id == number), None)
    return Member(author) if author else None


def _authors(chat: Chat) -> Iterator[User]:
    for message in reversed([*chat.messages, *chat.deleted]):
        if message.author is not None:
            yield message.author


def appoint(state: State, chat: Chat, by: User, member: Member) -> None:
    """Make somebody what `member` says; administrators among the bots hear of it if they asked."""
    before = member_of(chat, member.user.id) or Member(member.user, Role.LEFT)
    chat.people[member.user.id] = member
    if chat.standing is not Standing.ADMINISTRATOR:
        return
    change = {
        "chat": chat_json(chat),
        "from": person_json(by),
        "date": int(state.clock.now().timestamp()),
        "old_chat_member": person_member_json(chat, before),
        "new_chat_member": person_member_json(chat, member),
    }
    for inbox in state.inboxes.values():
        inbox.put("chat_member", change)


def person_member_json(chat: Chat, member: Member) -> Json:
    """A person's `ChatMember`."""
    body: dict[str, Json] = {"status": str(member.role), "user": person_json(member.user)}
    if member.role is Role.BANNED:
        body["until_date"] = 0
    if member.role in RUNS_IT:
        body |= {"is_anonymous": member.anonymous} | ({"custom_title": member.title} if member.title else {})
    if member.role is Role.ADMINISTRATOR:
        more = ("post", "edit") if chat.kind is ChatKind.CHANNEL else ("pin",)
        body |= dict.fromkeys((*RIGHTS, *(f"can_{what}_messages" for what in more)), True) | {"can_be_edited": False}
    return body

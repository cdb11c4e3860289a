"""A bot's own comings and goings, and the move of a group to another id; each bot hears of what happens to itself."""

from __future__ import annotations

from collections.abc import Mapping

from bots.rehearsal.telegram.news import announce, happened
from bots.rehearsal.telegram.state import State
from bots.rehearsal.telegram.values import Chat, ChatKind, Standing, User
from bots.rehearsal.telegram.wire import chat_json, member_json, person_json


def admit(state: State, chat: Chat, user: User, standing: Standing, rights: Mapping[str, bool]) -> None:
    """Set how the bots stand to a chat; `rights` are fields of `Chat`."""
    bots = state.bots.values()
    before = {bot.id: member_json(chat, bot) for bot in bots}
    chat.standing = standing
    for name, allowed in rights.items():
        setattr(chat, name, allowed)
    change = {"chat": chat_json(chat), "from": person_json(user), "date": int(state.clock.now().timestamp())}
    for bot in bots:
        roles = {"old_chat_member": before[bot.id], "new_chat_member": member_json(chat, bot)}
        state.inboxes[bot.id].put("my_chat_member", change | roles)


def upgrade(state: State, old: Chat) -> Chat:
    """Make a supergroup of a basic group: a new chat with a new id and without the old messages."""
    number = -(10**12) - abs(old.id)
    new = Chat(number, ChatKind.SUPERGROUP, old.title, standing=old.standing, permissions=old.permissions)
    new.people = dict(old.people)
    state.chats[number] = new
    announce(state, old, happened(state, old, {"migrate_to_chat_id": number}))
    announce(state, new, happened(state, new, {"migrate_from_chat_id": old.id}))
    old.migrated_to = number
    return new

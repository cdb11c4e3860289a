"""What a bot needs in a chat before it can publish there, in the author's words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from telegram import Chat, ChatFullInfo, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, ChatPermissions

from bots.model import Destination, Kind

_AWAY = (ChatMember.LEFT, ChatMember.BANNED)
_ABOVE = (ChatMember.ADMINISTRATOR, ChatMember.OWNER)
_TYPES: Mapping[Kind, str] = {
    Kind.CHANNEL: Chat.CHANNEL,
    Kind.SUPERGROUP: Chat.SUPERGROUP,
    Kind.GROUP: Chat.GROUP,
    Kind.TOPIC: Chat.SUPERGROUP,
    Kind.PRIVATE: Chat.PRIVATE,
}


def problems(destination: Destination, chat: ChatFullInfo, member: ChatMember) -> tuple[str, ...]:
    """Each missing thing with its remedy; empty when the bot can post text and pictures, and pin if that is asked for.

    Whether a topic is open can't be seen here: no method of the Bot API tells.
    """
    if chat.type == Chat.PRIVATE:
        return ()  # for test messages to the author any kind of destination is sent to a private chat
    found = (*_mismatch(destination, chat), *_missing(destination, chat, member))
    return tuple(f"{destination.name} ({destination.chat}): {problem}" for problem in found)


def _mismatch(destination: Destination, chat: ChatFullInfo) -> Iterator[str]:
    if _TYPES.get(destination.kind) != chat.type:
        yield f"this is a {chat.type}, not a {destination.kind}. Set the destination's `kind` to {chat.type}."
    elif destination.kind is Kind.TOPIC and not chat.is_forum:
        yield "the group has no topics. Switch them on in the group, or set `kind` to supergroup."


def _missing(destination: Destination, chat: ChatFullInfo, member: ChatMember) -> Iterator[str]:
    if member.status in _AWAY:
        yield "the bot is not in the chat. Add it as an administrator."
    elif chat.type == Chat.CHANNEL:
        yield from _in_channel(destination, member)
    else:
        yield from _in_group(destination, chat, member)


def _in_channel(destination: Destination, member: ChatMember) -> Iterator[str]:
    rights = member if isinstance(member, ChatMemberAdministrator) else None
    if rights is None or not rights.can_post_messages:
        yield "the bot may not post. Make it an administrator of the channel with the right to post messages."
    if destination.pin and (rights is None or not rights.can_edit_messages):
        yield "the bot may not pin. Give it the right to edit messages of others, or set `pin: false`."


def _in_group(destination: Destination, chat: ChatFullInfo, member: ChatMember) -> Iterator[str]:
    if member.status not in _ABOVE:
        yield from _as_member(member if isinstance(member, ChatMemberRestricted) else chat.permissions)
    if destination.pin and not _may_pin(chat, member):
        yield "the bot may not pin. Give it the right to pin messages, or set `pin: false`."


def _as_member(rights: ChatMemberRestricted | ChatPermissions | None) -> Iterator[str]:
    if rights is None:
        return
    allowed = {
        "messages": rights.can_send_messages,
        "photos": rights.can_send_photos,
        "files": rights.can_send_documents,
    }
    for what, may in allowed.items():
        if may is False:
            yield f"members may not send {what}. Make the bot an administrator, or allow it in the group's permissions."


def _may_pin(chat: ChatFullInfo, member: ChatMember) -> bool:
    if isinstance(member, ChatMemberAdministrator):
        return bool(member.can_pin_messages)
    rights = member if isinstance(member, ChatMemberRestricted) else chat.permissions
    return member.status == ChatMember.OWNER or bool(rights and rights.can_pin_messages)

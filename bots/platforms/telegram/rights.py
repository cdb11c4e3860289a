"""What a bot needs in a chat before it can publish there, in the author's words. Pure."""

from __future__ import annotations

from telegram import Chat, ChatFullInfo, ChatMember, ChatMemberAdministrator, ChatMemberRestricted

from bots.model import Destination

_AWAY = (ChatMember.LEFT, ChatMember.BANNED)


def problems(destination: Destination, chat: ChatFullInfo, member: ChatMember) -> tuple[str, ...]:
    """Each missing thing with its remedy; empty when the bot can post text and pictures."""
    name = f"{destination.name} ({destination.chat})"
    if chat.type == Chat.PRIVATE:
        return ()
    if member.status in _AWAY:
        return (f"{name}: the bot is not in the chat. Add it as an administrator.",)
    if chat.type == Chat.CHANNEL:
        return _channel_problems(name, member)
    return _group_problems(name, chat, member)


def _channel_problems(name: str, member: ChatMember) -> tuple[str, ...]:
    if isinstance(member, ChatMemberAdministrator) and member.can_post_messages:
        return ()
    return (f"{name}: the bot may not post. Make it an administrator of the channel with the right to post messages.",)


def _group_problems(name: str, chat: ChatFullInfo, member: ChatMember) -> tuple[str, ...]:
    if member.status in (ChatMember.ADMINISTRATOR, ChatMember.OWNER):
        return ()
    rights = member if isinstance(member, ChatMemberRestricted) else chat.permissions
    missing = [
        f"{name}: members may not send {what}. Make the bot an administrator, or allow it in the group's permissions."
        for what, allowed in (
            ("messages", rights.can_send_messages if rights else True),
            ("photos", rights.can_send_photos if rights else True),
        )
        if allowed is False
    ]
    return tuple(missing)

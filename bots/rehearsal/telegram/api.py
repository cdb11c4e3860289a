"""The Bot API as a plain object: a call in, a reply out, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bots.rehearsal.telegram import (
    callbacks,
    editing,
    inline,
    looking,
    members,
    personal,
    polling,
    profiles,
    sending,
    topics,
    webhooks,
)
from bots.rehearsal.telegram.params import ALL_PARAMETERS_BYTES, FILES, Params
from bots.rehearsal.telegram.replies import BotApiError, File, Json, Reply, success
from bots.rehearsal.telegram.state import Bot, Call, State
from bots.rehearsal.telegram.values import Media

METHODS: Mapping[str, Callable[[Call], Json]] = {
    "getMe": looking.get_me,
    "getChat": looking.get_chat,
    "getChatMember": members.get_chat_member,
    "getChatAdministrators": members.get_chat_administrators,
    "getChatMemberCount": looking.get_chat_member_count,
    "getFile": looking.get_file,
    "getUserPersonalChatMessages": personal.get_user_personal_chat_messages,
    "getUpdates": polling.get_updates,
    "setWebhook": webhooks.set_webhook,
    "getWebhookInfo": webhooks.get_webhook_info,
    "deleteWebhook": webhooks.delete_webhook,
    "sendChatAction": looking.send_chat_action,
    "createForumTopic": topics.create_forum_topic,
    "closeForumTopic": topics.close_forum_topic,
    "reopenForumTopic": topics.reopen_forum_topic,
    "deleteForumTopic": topics.delete_forum_topic,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "forwardMessage": sending.forward_message,
    "copyMessage": sending.copy_message,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "setMessageReaction": editing.set_message_reaction,
    "pinChatMessage": editing.pin_chat_message,
    "answerCallbackQuery": callbacks.answer_callback_query,
    "answerInlineQuery": inline.answer_inline_query,
    "setMyCommands": profiles.set_my_commands,
    "getMyCommands": profiles.get_my_commands,
    "deleteMyCommands": profiles.delete_my_commands,
    "setMyDescription": profiles.setter("description"),
    "getMyDescription": profiles.getter("description"),
    "setMyShortDescription": profiles.setter("short_description"),
    "getMyShortDescription": profiles.getter("short_description"),
    "setChatMenuButton": profiles.set_chat_menu_button,
    "getChatMenuButton": profiles.get_chat_menu_button,
}
BY_LOWER_NAME = {name.lower(): name for name in METHODS}


class Telegram(State):
    """A local Telegram. `chats[id].messages` is what its readers see."""

    def call(
        self, token: str, method: str, params: Mapping[str, Json], files: Mapping[str, File] | None = None
    ) -> Reply:
        """Carry one call out; never raises for anything a client may send."""
        try:
            bot = self.authorised(token)
            name = BY_LOWER_NAME.get(method.lower())
            if name is None:
                raise BotApiError(404, "Not Found: method not found")
            with self.lock:
                return success(METHODS[name](Call(self, bot, _sized(Params(params, files or {})))))
        except BotApiError as refusal:
            return refusal.reply()

    def authorised(self, token: str) -> Bot:
        """The bot a token belongs to; refuses malformed and unknown ones as the server does (telegram.md 6)."""
        if ":" not in token or token.startswith("0") or len(token) > 80:
            raise BotApiError(401, "Unauthorized: invalid token specified")
        if token not in self.bots:
            raise BotApiError(401, "Unauthorized")
        return self.bots[token]

    def file(self, token: str, path: str) -> Media:
        """The file behind `/file/bot<token>/<path>`; raises BotApiError."""
        return self.shelf.at(self.authorised(token).id, path)


def _sized(params: Params) -> Params:
    if params.size() > ALL_PARAMETERS_BYTES:
        raise BotApiError(413, "Request Entity Too Large: too many parameters")
    if len(params.files) > FILES:
        raise BotApiError(413, "Request Entity Too Large: too many files attached")
    return params

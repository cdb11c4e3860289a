"""What has to be known to answer a command or a press, as the one word that events carry. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bots.platforms.telegram.people import Json


@dataclass(frozen=True, slots=True)
class Ref:
    """Where something was asked."""

    query: str = ""
    """Id of the callback query, empty for a command."""
    chat: str = ""
    """The Bot API's type of the chat: private, group, supergroup or channel."""
    topic: str = ""
    """Id of the forum topic, empty for none. A thread of replies is none: an answer finds it by being a reply."""
    ours: bool = False
    """The message with the button is an answer itself, so another answer may take its place. A published section,
    which replies to nothing, must stay as it is; in a private chat nothing tells the two apart."""

    def __str__(self) -> str:
        return ":".join((self.query, self.chat, self.topic, "ours" if self.ours else ""))

    @classmethod
    def parse(cls, written: str) -> Ref:
        """What `str` made of it; a mere number is a query."""
        query, chat, topic, ours = (*written.split(":"), "", "", "")[:4]
        return cls(query, chat, topic, bool(ours))


def ref_to(message: Json, query: str = "") -> Ref:
    """To whoever wrote a command, or pressed a button of a message. Raises KeyError."""
    chat = str(message["chat"]["type"])
    topic = str(message["message_thread_id"]) if message.get("is_topic_message") else ""
    answer = chat == "private" or (chat != "channel" and "reply_to_message" in message)
    # A message of which Telegram shows nothing has no date: it may be anything.
    return Ref(query, chat, topic, bool(query) and answer and bool(message.get("date")))

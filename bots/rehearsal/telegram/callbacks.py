"""Pressed buttons: the query a bot gets, and its answer (telegram.md 8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bots.rehearsal.telegram.links import BadLinkError, checked
from bots.rehearsal.telegram.questions import Press, Toast
from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.state import Bot, Call, State
from bots.rehearsal.telegram.values import Chat, Message, User
from bots.rehearsal.telegram.wire import inline_id, message_json, person_json

ANSWERABLE = timedelta(seconds=150)
"""As long as the server keeps the query for the bot; Telegram itself names no time."""
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
SHOWN = 200


def press(state: State, chat: Chat, message: Message, user: User, label: str) -> Press:
    """Press the button with this text, or with this data. Raises ValueError where there is none that asks a bot."""
    button = next((each for each in buttons(message) if label in (each["text"], each.get("callback_data"))), None)
    if button is None:
        raise ValueError(f"message {message.id} has no button {label!r}")
    if "callback_data" not in button:
        raise ValueError(f"the button {label!r} asks nobody anything")
    bot = _owner(state, message)
    pressed = Press(state.next_query(), bot.id, user, button["callback_data"], state.clock.now())
    state.presses[pressed.id] = pressed
    state.inboxes[bot.id].put("callback_query", _query_json(pressed, chat, message, bot))
    return pressed


def buttons(message: Message) -> Iterator[Json]:
    for row in (message.content.markup or {}).get("inline_keyboard", ()):
        yield from row


def _owner(state: State, message: Message) -> Bot:
    wanted = message.via["id"] if message.via is not None else message.bot
    owner = next((bot for bot in state.bots.values() if bot.id == wanted), None)
    if owner is None:
        raise ValueError(f"message {message.id} belongs to no bot")
    return owner


def _query_json(pressed: Press, chat: Chat, message: Message, bot: Bot) -> Json:
    """An inline result is known to its bot by another id, and it doesn't see the chat."""
    where = {"inline_message_id": inline_id(chat, message)} if message.via else {}
    if not where:
        where = {"message": message_json(chat, message, bot)}
    asked = {"id": pressed.id, "from": person_json(pressed.user), "data": pressed.data}
    return asked | where | {"chat_instance": str(chat.id * 1_000_003)}


def answer_callback_query(call: Call) -> Json:
    """Not limited in rate (telegram.md 5)."""
    pressed = call.state.presses.get(call.params.text("callback_query_id"))
    if pressed is None or pressed.bot != call.bot.id or call.state.clock.now() - pressed.since > ANSWERABLE:
        raise bad_request(TOO_OLD)
    toast = Toast(
        call.params.text("text"),
        call.params.flag("show_alert"),
        call.params.text("url"),
        max(0, call.params.integer("cache_time")),
    )
    if len(toast.text) > SHOWN:
        raise bad_request("MESSAGE_TOO_LONG")
    if toast.url and not _opens(call.bot, toast.url):
        raise bad_request("URL_INVALID")
    pressed.answers.append(toast)
    return True


def _opens(bot: Bot, url: str) -> bool:
    """Without a game only the bot's own start links open."""
    try:
        address = checked(url)
    except BadLinkError:
        return False
    scheme, _, rest = address.partition("://")
    start = f"{bot.username}?start=".lower()
    return scheme in ("http", "https") and rest.lower().startswith((f"t.me/{start}", f"telegram.me/{start}"))

"""Inline keyboards: what the server takes, drops and refuses (telegram.md 6, 8; TDLib: ReplyMarkup.cpp)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from bots.rehearsal.telegram.links import BadLinkError, checked, user_of
from bots.rehearsal.telegram.params import required_string
from bots.rehearsal.telegram.replies import BotApiError, Json, bad_request
from bots.rehearsal.telegram.state import Call
from bots.rehearsal.telegram.values import Chat, ChatKind

DATA_BYTES = 64
COPIED = 256
IN_A_ROW = 12
IN_ALL = 300
"""Buttons beyond these are dropped."""
MARKUP_BYTES = 10_000
"""Telegram names no figure; keyboards of this size are known to be refused."""
WHAT = "inline keyboard button"
STYLES = frozenset({"danger", "success", "primary"})

Button = Mapping[str, Json]


def reply_markup(call: Call, chat: Chat, *, editing: bool = False) -> Json:
    """The inline keyboard a call carries for a message in `chat`, None without one.

    Other keyboards are taken and forgotten where they may be used: they mean nothing on a post.
    """
    return keyboard(call.params.json("reply_markup", "reply keyboard markup"), chat, only_inline=editing)


def keyboard(markup: Json, chat: Chat, *, only_inline: bool = False) -> Json:
    """An `InlineKeyboardMarkup` as readers get it, None when nothing is left of it. Raises BotApiError."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("Object expected as reply markup")
    rows = list(_rows(markup.get("inline_keyboard"), chat))
    if not rows and _other(markup) and (only_inline or chat.kind is ChatKind.CHANNEL):
        raise bad_request("Inline keyboard expected")
    if markup.get("keyboard") or not any(rows):
        return None
    shown = {"inline_keyboard": _capped([row for row in rows if row])}
    if len(json.dumps(shown, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return shown


def _other(markup: Mapping[str, Json]) -> bool:
    return any(markup.get(kind) for kind in ("keyboard", "remove_keyboard", "force_reply"))


def _rows(listed: Json, chat: Chat) -> Iterator[list[Button]]:
    if listed is None:
        return
    if not isinstance(listed, list):
        raise bad_request('Field "inline_keyboard" must be of type Array')
    if not all(isinstance(row, list) for row in listed):
        raise bad_request('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    for row in listed:
        buttons = [_button(button) for button in row]
        # A button without words is dropped in silence, whatever else is wrong with it.
        yield [_allowed(button, chat) for button in buttons if button["text"]]


def _capped(rows: list[list[Button]]) -> list[list[Button]]:
    left, kept = IN_ALL, []
    for row in rows:
        taken = row[: min(IN_A_ROW, left)]
        left -= len(taken)
        kept += [taken] if taken else []
    return kept


def _button(value: Json) -> Button:
    """The button with its text and the one field that says what it does, the first of `ACTIONS` it has."""
    if not isinstance(value, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    text = _string(value, "text")
    style = value.get("style")
    if style and style not in STYLES:
        raise _unreadable("invalid button style specified")
    for name, read in ACTIONS.items():
        # An address or data that is empty counts as not given; all other fields count when they are there.
        if value.get(name) or (name in value and name not in ("url", "callback_data") and value[name] is not None):
            return {"text": text, name: read(value, name)} | ({"style": style} if style else {})
    raise _unreadable("Text buttons are unallowed in the inline keyboard")


def _string(value: Button, name: str) -> str:
    return required_string(value, name, WHAT)


def _object(value: Button, name: str) -> Json:
    if not isinstance(value[name], dict):
        raise _unreadable(f'Field "{name}" must be of type Object')
    return value[name]


def _with_address(value: Button, name: str) -> Json:
    held = _object(value, name)
    _string(held, "url")
    return held


def _copied(value: Button, name: str) -> Json:
    return {"text": _string(_object(value, name), "text")}


ACTIONS: Mapping[str, Callable[[Button, str], Json]] = {
    "url": _string,
    "callback_data": _string,
    "callback_game": _object,
    "pay": lambda value, name: bool(value[name]),
    "switch_inline_query": _string,
    "switch_inline_query_chosen_chat": _object,
    "switch_inline_query_current_chat": _string,
    "login_url": _with_address,
    "web_app": _with_address,
    "copy_text": _copied,
}
"""What a button can do, in the order in which the server looks for it."""


def _allowed(button: Button, chat: Chat) -> Button:
    """The button as it is stored; refused where it can't work."""
    if "url" in button:
        return {**button, "url": _address(str(button["url"]))}
    if "callback_data" in button and len(str(button["callback_data"]).encode("utf-8", "surrogatepass")) > DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "copy_text" in button and not 1 <= len(button["copy_text"]["text"]) <= COPIED:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if ("web_app" in button and chat.kind is not ChatKind.PRIVATE) or "pay" in button or "callback_game" in button:
        raise bad_request("BUTTON_TYPE_INVALID")
    if chat.kind is ChatKind.CHANNEL:
        _check_switch(button)
    return button


def _check_switch(button: Button) -> None:
    """Readers of a channel don't know which bot wrote, so they could not use the button."""
    current = "switch_inline_query_current_chat"
    name = current if current in button else "switch_inline_query"
    if name in button or "switch_inline_query_chosen_chat" in button:
        why = "because users will not be able to use the button without knowing bot's username"
        raise bad_request(f"Can't use {name} button in a channel chat, {why}")


def _address(url: str) -> str:
    if user_of(url):
        return url
    try:
        return checked(url)
    except BadLinkError as reason:
        raise bad_request(f"Inline keyboard button URL '{url}' is invalid: {reason}") from None


def _unreadable(why: str) -> BotApiError:
    return bad_request(f"Can't parse {WHAT}: {why}")

"""What a bot says of itself: its commands by scope and language, its descriptions, its menu button (telegram.md 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bots.rehearsal.telegram.params import objects, required_string
from bots.rehearsal.telegram.questions import Profile
from bots.rehearsal.telegram.replies import BotApiError, Json, bad_request
from bots.rehearsal.telegram.state import Call, State, check_access
from bots.rehearsal.telegram.values import Chat, ChatKind, Role, User

MOST = 100
COMMAND = re.compile(r"[a-z0-9_]+")
COMMAND_LENGTH = 32
DESCRIPTION_LENGTH = 256
WIDE_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})
ABOUT = {"description": 512, "short_description": 120}
"""Longest texts in characters."""


def set_my_commands(call: Call) -> Json:
    listed = call.params.json("commands", "commands")
    if listed is not None and not isinstance(listed, list):
        raise bad_request("Expected an Array of BotCommand")
    commands = [_command(value) for value in listed or ()]
    place = (_scope(call), _language(call))
    if len(commands) > MOST:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    if not all(COMMAND.fullmatch(command["command"]) for command in commands):
        raise bad_request("BOT_COMMAND_INVALID")
    stored = _profile(call).commands
    stored.pop(place, None)
    if commands:
        stored[place] = commands
    return True


def get_my_commands(call: Call) -> Json:
    """Exactly what was set for this scope and language; nothing is inherited."""
    return _profile(call).commands.get((_scope(call), _language(call)), [])


def delete_my_commands(call: Call) -> Json:
    _profile(call).commands.pop((_scope(call), _language(call)), None)
    return True


def shown_commands(state: State, bot: int, chat: Chat, user: User) -> list[Json]:
    """The commands a reader's app offers in a chat: the narrowest scope that has some, its language before any."""
    known = state.profiles[bot].commands
    languages = dict.fromkeys((user.language, ""))
    places = ((scope, language) for scope in _scopes_of(chat, user) for language in languages)
    return next((known[place] for place in places if place in known), [])


def _scopes_of(chat: Chat, user: User) -> Iterator[str]:
    """Scopes that fit, the narrowest first."""
    member = chat.people.get(user.id)
    runs_it = chat.group and member is not None and member.role in (Role.OWNER, Role.ADMINISTRATOR)
    if chat.group:
        yield f"chat_member:{chat.id}:{user.id}"
    if runs_it:
        yield f"chat_administrators:{chat.id}"
    yield f"chat:{chat.id}"
    if runs_it:
        yield "all_chat_administrators"
    yield "all_group_chats" if chat.group else "all_private_chats"
    yield "default"


def _command(value: Json) -> Json:
    """A `BotCommand`, trimmed, without the slash."""
    if not isinstance(value, dict):
        raise _unreadable("BotCommand", "expected an Object")
    command, description = (required_string(value, name, "BotCommand").strip() for name in ("command", "description"))
    command = command.removeprefix("/")
    if not command:
        raise bad_request("Command must be non-empty")
    if len(command) > COMMAND_LENGTH:
        raise bad_request(f"Command length must not exceed {COMMAND_LENGTH}")
    if not description:
        raise bad_request("Command description must be non-empty")
    if len(description) > DESCRIPTION_LENGTH:
        raise bad_request(f"Command description length must not exceed {DESCRIPTION_LENGTH}")
    return {"command": command, "description": description}


def _scope(call: Call) -> str:
    """The scope a call names, in one word: "default", "chat:-1001", "chat_member:-1001:7"."""
    value = call.params.json("scope", "BotCommandScope")
    if value is None:
        return "default"
    if not isinstance(value, dict):
        raise _unreadable("BotCommandScope", "BotCommandScope must be an Object")
    kind = required_string(value, "type", "BotCommandScope")
    if kind in WIDE_SCOPES:
        return kind
    if kind not in CHAT_SCOPES:
        raise _unreadable("BotCommandScope", "Unsupported type specified")
    if not value.get("chat_id"):
        raise _unreadable("BotCommandScope", "Empty chat_id specified")
    chat = _scoped(call, str(value["chat_id"]), kind)
    return f"{kind}:{chat.id}" + (f":{_user(value)}" if kind == "chat_member" else "")


def _scoped(call: Call, reference: str, kind: str) -> Chat:
    chat = call.state.chat(reference)
    check_access(chat)
    if chat.kind is ChatKind.PRIVATE and kind != "chat":
        raise bad_request("Can't use specified scope in private chats")
    if chat.kind is ChatKind.CHANNEL:
        raise bad_request("Can't change commands in channel chats")
    return chat


def _user(value: Json) -> int:
    try:
        number = int(str(value.get("user_id")))
    except ValueError:
        number = 0
    if number <= 0:
        raise _unreadable("BotCommandScope", "Invalid user_id specified")
    return number


def _language(call: Call) -> str:
    code = call.params.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("Invalid language code specified")
    return code


def setter(name: str) -> Callable[[Call], Json]:
    """setMyDescription or setMyShortDescription; `name` is the parameter. An empty text takes it away."""

    def change(call: Call) -> Json:
        text, language = call.params.text(name), _language(call)
        if len(text) > ABOUT[name]:
            # The servers behind TDLib have the say here; the words are those of MTProto for such texts.
            raise bad_request("ABOUT_TOO_LONG" if name == "short_description" else "DESCRIPTION_TOO_LONG")
        texts = _texts(call, name)
        texts.pop(language, None)
        if text:
            texts[language] = text
        return True

    return change


def getter(name: str) -> Callable[[Call], Json]:
    """getMyDescription or getMyShortDescription: the text for the language, else the one for everybody."""

    def look(call: Call) -> Json:
        texts = _texts(call, name)
        return {name: texts.get(_language(call), texts.get("", ""))}

    return look


def _texts(call: Call, name: str) -> dict[str, str]:
    profile = _profile(call)
    return profile.descriptions if name == "description" else profile.short_descriptions


def set_chat_menu_button(call: Call) -> Json:
    """For one private chat, or for all that have none of their own."""
    button = call.params.json("menu_button", "menu button")
    shown = {"type": "default"} if button is None else _menu(button)
    _profile(call).menus[_private(call)] = shown
    return True


def get_chat_menu_button(call: Call) -> Json:
    menus = _profile(call).menus
    own = menus.get(_private(call))
    return own or menus.get(0, {"type": "default"})


def _menu(button: Json) -> Json:
    if not isinstance(button, dict):
        raise _unreadable("menu button", "MenuButton must be an Object")
    kind = required_string(button, "type", "menu button")
    if kind == "web_app":
        (app,) = objects([button.get("web_app")], "menu button")
        return {
            "type": kind,
            "text": required_string(button, "text", "menu button"),
            "web_app": {"url": required_string(app, "url", "menu button")},
        }
    if kind not in ("default", "commands"):
        raise _unreadable("menu button", "MenuButton has unsupported type")
    return {"type": kind}


def _private(call: Call) -> int:
    if not call.params.text("chat_id"):
        return 0
    number = call.params.integer("chat_id")
    if number <= 0:
        raise bad_request("Invalid user_id specified")
    chat = call.state.chats.get(number)
    if chat is None or chat.kind is not ChatKind.PRIVATE:
        raise bad_request("user not found")
    return number


def _profile(call: Call) -> Profile:
    return call.state.profiles[call.bot.id]


def _unreadable(what: str, why: str) -> BotApiError:
    return bad_request(f"Can't parse {what}: {why}")

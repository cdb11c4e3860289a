"""What a person may do with commands, buttons, menus and forms, and the data of it (discord.md 6, 9.4)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots.rehearsal.discord import components, members
from bots.rehearsal.discord.command_forms import Option, option_named
from bots.rehearsal.discord.events import InteractionEvent
from bots.rehearsal.discord.interactions import Interaction, Kind
from bots.rehearsal.discord.model import Channel, Message, Permission, User
from bots.rehearsal.discord.problems import mapping, sequence
from bots.rehearsal.discord.reply_forms import fields
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Json

Value = str | int | float | bool
"""What is typed or chosen for an option of a command."""

_TAKES: dict[int, tuple[type, ...]] = {
    Option.STRING: (str,),
    Option.INTEGER: (int,),
    Option.BOOLEAN: (bool,),
    Option.NUMBER: (int, float),
}
"""Kinds of option that can be filled in here."""


def act(  # noqa: PLR0913 -- who did what, where, under which message
    state: State,
    kind: Kind,
    channel: int,
    user: User,
    data: Json,
    *,
    message: Message | None = None,
    locale: str = "en-US",
) -> Interaction:
    """Tell the bot; what it makes of it is written into the interaction that this gives."""
    where = state.channel(channel)
    if where is None:
        raise ValueError(f"there is no channel {channel}")
    token = secrets.token_urlsafe(60)
    done = Interaction(state.new_id(), token, kind, user, where, state.clock.now(), message, data, locale)
    state.interactions[token] = done
    state.news.tell(InteractionEvent(done))
    return done


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as somebody typed it."""

    name: str
    """With sub-commands as words after it."""
    options: Mapping[str, Value]
    focused: str = ""
    """The option where the cursor is, while it isn't sent yet."""


def command_data(state: State, channel: int, user: User, typed: Typed) -> dict[str, Any]:
    """A command with its options; ValueError where nobody would be offered it, or for a value it doesn't take."""
    where = state.channels[channel]
    first, *rest = typed.name.split()
    command = _offered(state, where, user, first)
    filled = _filled(command, rest, typed)
    shown = {"id": command["id"], "name": first, "type": 1, "options": filled}
    return shown | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def button_data(message: Message, custom_id: str) -> dict[str, Any]:
    button = components.find(message.components, custom_id)
    if button is None or button.get("type") != components.BUTTON or button.get("disabled"):
        raise ValueError(f"there is no button {custom_id!r} that can be pressed under message {message.id}")
    return {"custom_id": custom_id, "component_type": components.BUTTON}


def menu_data(message: Message, custom_id: str, values: Sequence[str]) -> dict[str, Any]:
    menu = components.find(message.components, custom_id)
    if menu is None or menu.get("type") != components.STRING_SELECT or menu.get("disabled"):
        raise ValueError(f"there is no menu {custom_id!r} that can be used under message {message.id}")
    offered = [mapping(each).get("value") for each in sequence(menu.get("options"))]
    if unknown := [value for value in values if value not in offered]:
        raise ValueError(f"menu {custom_id!r} doesn't offer {unknown}")
    if not menu.get("min_values", 1) <= len(values) <= menu.get("max_values", 1):
        raise ValueError(f"menu {custom_id!r} doesn't take {len(values)} values")
    return {"custom_id": custom_id, "component_type": components.STRING_SELECT, "values": list(values)}


def form_data(asked: Interaction, values: Mapping[str, str]) -> dict[str, Any]:
    """The form with its fields filled in; ValueError when there is no form, or no such field."""
    if asked.form is None:
        raise ValueError("nobody was asked to fill in a form")
    known = [each.get("custom_id") for each in fields(asked.form)]
    if unknown := values.keys() - set(known):
        raise ValueError(f"the form has no fields {sorted(unknown)}")
    rows = [_filled_row(mapping(row), values) for row in sequence(asked.form.get("components"))]
    return {"custom_id": asked.form["custom_id"], "components": rows}


def _offered(state: State, where: Channel, user: User, name: str) -> Mapping[str, Any]:
    """The command that the person is offered: the guild's own, or else the one for everywhere."""
    there = [*state.commands.get(where.guild or -1, {}).values(), *state.commands.get(0, {}).values()]
    for command in there:
        if (command["type"], command["name"]) == (1, name) and _may(state, where, user, command):
            return command
    raise ValueError(f"{user.name} is not offered /{name} here")


def _may(state: State, where: Channel, user: User, command: Mapping[str, Any]) -> bool:
    context = 1 if where.reader else 0
    if command.get("contexts") is not None and context not in command["contexts"]:
        return False
    needed = command.get("default_member_permissions")
    if needed is None or where.reader:
        return True
    has = members.permissions(state, where.guild, user.id)
    return Permission.ADMINISTRATOR in has or (int(needed) != 0 and int(needed) & ~int(has) == 0)


def _filled(level: Mapping[str, Any], path: Sequence[str], typed: Typed) -> list[dict[str, Any]]:
    known = [mapping(each) for each in sequence(level.get("options"))]
    if path:
        inner = option_named(known, path[0])
        if inner is None or inner.get("type") not in (Option.SUB_COMMAND, Option.SUB_COMMAND_GROUP):
            raise ValueError(f"there is no sub-command {path[0]!r}")
        return [{"name": path[0], "type": inner["type"], "options": _filled(inner, path[1:], typed)}]
    missing = [each["name"] for each in known if each.get("required") and each["name"] not in typed.options]
    if missing and not typed.focused:
        raise ValueError(f"options {missing} have to be filled in")
    return [_value(known, name, value, focused=name == typed.focused) for name, value in typed.options.items()]


def _value(known: Sequence[Mapping[str, Any]], name: str, value: Value, *, focused: bool) -> dict[str, Any]:
    option = option_named(known, name)
    kinds = _TAKES.get(option["type"]) if option else None
    if option is None or kinds is None:
        raise ValueError(f"there is no option {name!r} that can be filled in")
    # What is being typed is text until it is done.
    if not focused and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        raise ValueError(f"option {name!r} doesn't take {value!r}")
    choices = [mapping(each).get("value") for each in sequence(option.get("choices"))]
    if choices and value not in choices:
        raise ValueError(f"option {name!r} doesn't offer {value!r}")
    return {"name": name, "type": option["type"], "value": value} | ({"focused": True} if focused else {})


def _filled_row(row: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    if row.get("component"):
        return {"type": row.get("type"), "id": row.get("id", 0), "component": _filled_field(row["component"], values)}
    inside = [_filled_field(mapping(each), values) for each in sequence(row.get("components"))]
    return {"type": row.get("type"), "components": inside}


def _filled_field(component: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    custom_id = component.get("custom_id")
    text = values.get(str(custom_id), component.get("value") or "")
    return {"type": component.get("type"), "id": component.get("id", 0), "custom_id": custom_id, "value": text}

"""What the thread routes are asked for, checked: a new thread, a new post, a change to a thread (discord.md 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.rehearsal.discord.model import ChannelFlag, ChannelType
from bots.rehearsal.discord.problems import Problems
from bots.rehearsal.discord.validation import integer_field, text_field
from bots.rehearsal.discord.wire import Json

NAME = 100
"""Code points in the name of a thread; it needs at least one."""
MOST_TAGS = 5
DURATIONS = (60, 1440, 4320, 10080)
"""Minutes of silence after which a thread may be archived."""
USUAL = 1440


@dataclass(frozen=True, slots=True)
class ThreadForm:
    """A thread to be."""

    name: str
    minutes: int
    tags: tuple[int, ...] = ()
    type: ChannelType = ChannelType.PRIVATE_THREAD
    """Of a thread without a message; private unless said otherwise."""
    owner: int = 0
    """Who starts it, 0 for the bot."""


@dataclass(frozen=True, slots=True)
class ThreadChange:
    """Changes to a thread; None leaves things as they are."""

    name: str | None = None
    minutes: int | None = None
    archived: bool | None = None
    locked: bool | None = None
    pinned: bool | None = None
    tags: tuple[int, ...] | None = None


def read_thread(body: Json) -> ThreadForm:
    """Raises Refused 50035 with every field that is wrong."""
    problems = Problems()
    name = _name(problems, body.get("name"))
    minutes = _minutes(problems, body.get("auto_archive_duration"))
    tags = _tags(problems, body.get("applied_tags"))
    kind = _kind(problems, body.get("type"))
    problems.settle()
    return ThreadForm(name, minutes or USUAL, tags or (), kind)


def read_post(body: Json) -> tuple[ThreadForm, Mapping[str, Any]]:
    """A forum post: the thread, and the body of its first message, still unchecked."""
    form, message = read_thread(body), body.get("message")
    if not isinstance(message, Mapping):
        problems = Problems()
        problems.add(["message"], "BASE_TYPE_REQUIRED", "This field is required")
        problems.settle()
        return form, {}
    return form, message


def read_change(body: Json) -> ThreadChange:
    """Raises Refused 50035 with every field that is wrong."""
    problems = Problems()
    change = ThreadChange(
        name=_name(problems, body["name"]) if "name" in body else None,
        minutes=_minutes(problems, body.get("auto_archive_duration")),
        archived=_switch(problems, body, "archived"),
        locked=_switch(problems, body, "locked"),
        pinned=_pinned(problems, body.get("flags")),
        tags=_tags(problems, body.get("applied_tags")),
    )
    problems.settle()
    return change


def _name(problems: Problems, value: object) -> str:
    name = (text_field(problems, ["name"], value, NAME) or "").strip()
    if value is None:
        problems.add(["name"], "BASE_TYPE_REQUIRED", "This field is required")
    elif not name and isinstance(value, str):
        problems.add(["name"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {NAME} in length.")
    return name


def _minutes(problems: Problems, value: object) -> int | None:
    if value is None:
        return None
    minutes = integer_field(problems, ["auto_archive_duration"], value)
    if minutes not in DURATIONS:
        text = f"Value must be one of {{{', '.join(map(str, DURATIONS))}}}."
        problems.add(["auto_archive_duration"], "BASE_TYPE_CHOICES", text)
    return minutes


def _tags(problems: Problems, value: object) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        problems.add(["applied_tags"], "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return None
    problems.longer(["applied_tags"], "." * len(value), MOST_TAGS)
    return tuple(dict.fromkeys(integer_field(problems, ["applied_tags", n], each) for n, each in enumerate(value)))


def _kind(problems: Problems, value: object) -> ChannelType:
    if value is None:
        return ChannelType.PRIVATE_THREAD
    number = integer_field(problems, ["type"], value)
    if number not in (10, 11, 12):
        problems.add(["type"], "BASE_TYPE_CHOICES", "Value must be one of {10, 11, 12}.")
        return ChannelType.PRIVATE_THREAD
    return ChannelType(number)


def _switch(problems: Problems, body: Json, name: str) -> bool | None:
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    problems.add([name], "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
    return None


def _pinned(problems: Problems, flags: object) -> bool | None:
    return None if flags is None else bool(integer_field(problems, ["flags"], flags) & ChannelFlag.PINNED)

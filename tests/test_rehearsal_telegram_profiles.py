"""What a bot says of itself in the local Telegram: commands, descriptions, the menu button (telegram.md 8)."""

from __future__ import annotations

from typing import Any

import pytest

from bots.rehearsal.telegram import People, Role, Telegram
from tests.telegram_readers import CHANNEL, OTHER, READER, TALK, call, done, stage
from tests.telegram_world import BAD, HandClock


@pytest.fixture
def world() -> Telegram:
    made = stage(HandClock())
    People(made).start(READER)
    return made


def command(name: str = "latest", description: str = "The latest issue") -> dict[str, str]:
    return {"command": name, "description": description}


PLAIN = {"type": "chat", "chat_id": TALK}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no array", {"commands": {}}, "expected an Array of BotCommand"),
    ("no object", {"commands": ["a"]}, "can't parse BotCommand: expected an Object"),
    ("no description", {"commands": [{"command": "a"}]}, "can't parse BotCommand: Can't find field \"description\""),
    ("an empty name", {"commands": [command("/")]}, "command must be non-empty"),
    ("a long name", {"commands": [command("a" * 33)]}, "command length must not exceed 32"),
    ("capitals", {"commands": [command("Latest")]}, "BOT_COMMAND_INVALID"),
    ("an empty description", {"commands": [command(description=" ")]}, "command description must be non-empty"),
    (
        "a long description",
        {"commands": [command(description="x" * 257)]},
        "command description length must not exceed 256",
    ),
    ("101 commands", {"commands": [command(f"c{n}") for n in range(101)]}, "BOT_COMMANDS_TOO_MUCH"),
    ("a region", {"commands": [command()], "language_code": "pt-br"}, "invalid language code specified"),
    ("capital letters", {"commands": [command()], "language_code": "ZH"}, "invalid language code specified"),
    ("an unknown scope", {"scope": {"type": "world"}}, "can't parse BotCommandScope: Unsupported type specified"),
    ("a scope without chat", {"scope": {"type": "chat"}}, "can't parse BotCommandScope: Empty chat_id specified"),
    ("an unknown chat", {"scope": {"type": "chat", "chat_id": -9}}, "chat not found"),
    ("a channel", {"scope": {"type": "chat", "chat_id": CHANNEL}}, "can't change commands in channel chats"),
    (
        "administrators of a private chat",
        {"scope": {"type": "chat_administrators", "chat_id": READER.id}},
        "can't use specified scope in private chats",
    ),
    (
        "a member without a name",
        {"scope": {"type": "chat_member", "chat_id": TALK}},
        "can't parse BotCommandScope: Invalid user_id specified",
    ),
]


@pytest.mark.parametrize(("params", "why"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_commands_the_server_refuses(world: Telegram, params: dict[str, Any], why: str) -> None:
    reply = call(world, "setMyCommands", **params)
    assert (reply.status, reply.description) == (400, BAD + why)
    assert done(world, "getMyCommands") == []


def test_commands_are_kept_by_scope_and_language_and_not_inherited(world: Telegram) -> None:
    done(world, "setMyCommands", commands=[command("/latest ")])
    done(world, "setMyCommands", commands=[command("zuixin", "最新一期")], language_code="zh")
    assert done(world, "getMyCommands") == [command()]
    assert done(world, "getMyCommands", language_code="zh") == [command("zuixin", "最新一期")]
    assert done(world, "getMyCommands", language_code="de") == []
    assert done(world, "getMyCommands", scope={"type": "all_private_chats"}) == []
    done(world, "deleteMyCommands", language_code="zh")
    assert done(world, "getMyCommands", language_code="zh") == []
    done(world, "setMyCommands", commands=[])
    assert done(world, "getMyCommands") == []


def test_readers_are_offered_the_narrowest_commands_there_are(world: Telegram) -> None:
    people = People(world)
    people.appoint(TALK, OTHER, Role.ADMINISTRATOR)

    def offered() -> list[str]:
        places = ((READER.id, READER), (TALK, READER), (TALK, OTHER))
        return [each["command"] for chat, user in places for each in people.menu(chat, user)]

    scopes: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"type": "default"}, "", ["a", "a", "a"]),
        ({"type": "default"}, "zh", ["b", "b", "a"]),
        ({"type": "all_group_chats"}, "", ["b", "c", "c"]),
        ({"type": "all_chat_administrators"}, "", ["b", "c", "d"]),
        (PLAIN, "", ["b", "e", "e"]),
        ({"type": "chat_administrators", "chat_id": TALK}, "", ["b", "e", "f"]),
        ({"type": "chat_member", "chat_id": TALK, "user_id": READER.id}, "zh", ["b", "g", "f"]),
        ({"type": "all_private_chats"}, "", ["h", "g", "f"]),
    ]
    names = iter("abcdefgh")
    for scope, language, expected in scopes:
        done(world, "setMyCommands", commands=[command(next(names))], scope=scope, language_code=language)
        assert offered() == expected


TEXTS = [("MyDescription", "description", 512), ("MyShortDescription", "short_description", 120)]


@pytest.mark.parametrize(("method", "name", "most"), TEXTS, ids=[r[1] for r in TEXTS])
def test_descriptions(world: Telegram, method: str, name: str, most: int) -> None:
    done(world, f"set{method}", **{name: "x" * most})
    done(world, f"set{method}", **{name: "每周", "language_code": "zh"})
    assert call(world, f"set{method}", **{name: "x" * (most + 1)}).status == 400
    assert done(world, f"get{method}", language_code="zh") == {name: "每周"}
    assert done(world, f"get{method}", language_code="de") == {name: "x" * most}
    done(world, f"set{method}", language_code="zh")
    assert done(world, f"get{method}", language_code="zh") == {name: "x" * most}
    assert call(world, f"get{method}", language_code="english").description == BAD + "invalid language code specified"


def test_the_menu_button_of_one_chat_and_of_all(world: Telegram) -> None:
    assert done(world, "getChatMenuButton") == {"type": "default"}
    done(world, "setChatMenuButton", menu_button={"type": "commands"})
    app = {"type": "web_app", "text": "Archive", "web_app": {"url": "https://example.org/"}}
    done(world, "setChatMenuButton", chat_id=READER.id, menu_button=app)
    assert done(world, "getChatMenuButton", chat_id=READER.id) == app
    assert done(world, "getChatMenuButton") == {"type": "commands"}
    for params, why in (
        ({"chat_id": TALK}, "invalid user_id specified"),
        ({"chat_id": 99}, "user not found"),
        ({"menu_button": {"type": "big"}}, "can't parse menu button: MenuButton has unsupported type"),
    ):
        assert call(world, "setChatMenuButton", **params).description == BAD + why

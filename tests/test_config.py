"""config.yaml: every key there is, what may stand behind it, and what the author reads when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bots.config import Config, load
from bots.configfile import KINDS, DestinationPart, File
from bots.errors import ConfigError
from bots.model import Destination, Format, Kind
from bots.pacing import PLATFORMS as PACING
from bots.pacing import Pace
from bots.platforms import PLATFORMS

ROOT = Path(__file__).parent.parent


def configured(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {})


def destination(folder: Path, *lines: str) -> Destination:
    """The one destination that is made of these lines."""
    text = "column:\n  site: https://example.com/{slug}/\ndestinations:\n  one:\n"
    (found,) = configured(folder, text + "".join(f"    {line}\n" for line in lines)).destinations
    return found


CHATS = {
    Kind.CHANNEL: ("@news", "-1001234567890"),
    Kind.SUPERGROUP: ("@talk", "-1001234567890"),
    Kind.TOPIC: ("@talk", "-1001234567890"),
    Kind.GROUP: ("-4012345678", "-1001234"),
    Kind.PRIVATE: ("77",),
    Kind.TEXT: ("123456789012345678",),
    Kind.ANNOUNCEMENT: ("123456789012345678",),
    Kind.FORUM: ("123456789012345678",),
    Kind.THREAD: ("123456789012345678",),
}


@pytest.mark.parametrize(
    ("platform", "kind"), [(name, kind) for name, kinds in KINDS.items() for kind in kinds], ids=str
)
def test_every_kind_can_be_configured(tmp_path: Path, platform: str, kind: Kind) -> None:
    for chat in CHATS[kind]:
        more = ['topic: "17"'] if kind is Kind.TOPIC else []
        found = destination(tmp_path, f"platform: {platform}", f"kind: {kind}", f'chat: "{chat}"', *more)
        assert (found.platform, found.kind, found.chat) == (platform, kind, chat)
        assert found.topic == ("17" if kind is Kind.TOPIC else None)


def test_every_kind_belongs_to_one_platform() -> None:
    assert sorted(kind for kinds in KINDS.values() for kind in kinds) == sorted(Kind)
    assert KINDS.keys() == PLATFORMS.keys()
    assert all(PLATFORMS[name].kind == kinds[0] for name, kinds in KINDS.items())


def test_what_is_left_out_is_the_usual(tmp_path: Path) -> None:
    assert destination(tmp_path, "platform: telegram", 'chat: "@news"') == Destination(
        "one", "telegram", Kind.CHANNEL, "@news"
    )
    assert destination(tmp_path, "platform: discord", 'chat: "7"') == Destination("one", "discord", Kind.TEXT, "7")


def test_the_keys_of_a_forum_and_an_announcement_channel(tmp_path: Path) -> None:
    forum = destination(
        tmp_path, "platform: discord", "kind: forum", 'chat: "7"', "tags: [weekly, 科技]", "pin: true", 'role: "9"'
    )
    assert (forum.tags, forum.pin, forum.role) == (("weekly", "科技"), True, "9")
    news = destination(tmp_path, "platform: discord", "kind: announcement", 'chat: "7"', "crosspost: false")
    assert news.crosspost is False
    assert destination(tmp_path, "platform: discord", "kind: announcement", 'chat: "7"').crosspost is True
    reader = destination(tmp_path, "platform: telegram", "kind: private", 'chat: "77"', "format: digest")
    assert reader.format is Format.DIGEST


TELEGRAM, DISCORD = "platform: telegram", "platform: discord"
WRONG = [
    # what is wrong, the lines, what the author reads
    (
        "another platform's kind",
        (TELEGRAM, "kind: forum", 'chat: "@a"'),
        "channel, supergroup, group, topic or private",
    ),
    ("a kind nobody has", (TELEGRAM, "kind: pigeon", 'chat: "@a"'), "config.yaml:6: destinations.one.kind"),
    ("a channel's bare number", (TELEGRAM, 'chat: "1234567890"'), "starts with -100"),
    ("a basic group by its name", (TELEGRAM, "kind: group", 'chat: "@friends"'), "a minus and digits"),
    ("a supergroup as a basic one", (TELEGRAM, "kind: group", 'chat: "-1001234567890"'), "not starting with -100"),
    ("a basic group as a supergroup", (TELEGRAM, "kind: supergroup", 'chat: "-4012345678"'), "starts with -100"),
    ("a reader by name", (TELEGRAM, "kind: private", 'chat: "@reader"'), "numeric id, not a @name"),
    ("a Discord channel by name", (DISCORD, 'chat: "#news"'), "Copy Channel ID"),
    ("a topic in a channel", (TELEGRAM, 'chat: "@a"', 'topic: "17"'), "topic needs kind: topic"),
    ("a topic nobody named", (TELEGRAM, "kind: topic", 'chat: "@a"'), "needs the key topic"),
    ("a topic by name", (TELEGRAM, "kind: topic", 'chat: "@a"', "topic: News"), "topic is a number"),
    ("the General topic", (TELEGRAM, "kind: topic", 'chat: "@a"', 'topic: "1"'), "use kind supergroup"),
    ("tags outside of a forum", (DISCORD, 'chat: "7"', "tags: [a]"), "tags need kind: forum"),
    ("six tags", (DISCORD, "kind: forum", 'chat: "7"', "tags: [a, b, c, d, e, f]"), "at most 5"),
    (
        "a crosspost from a text channel",
        (DISCORD, 'chat: "7"', "crosspost: true"),
        "crosspost needs kind: announcement",
    ),
    ("a digest of a forum post", (DISCORD, "kind: forum", 'chat: "7"', "format: digest"), "leave format out"),
    ("a role on Telegram", (TELEGRAM, 'chat: "@a"', 'role: "7"'), "Discord role"),
    ("a misspelt key", (TELEGRAM, 'chat: "@a"', "topik: 1"), "Did you mean 'topic'?"),
]


@pytest.mark.parametrize(("lines", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_can_not_be_is_said_in_words(tmp_path: Path, lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        destination(tmp_path, *lines)


def test_a_digest_needs_a_site_to_link_to(tmp_path: Path) -> None:
    text = 'destinations:\n  one:\n    platform: telegram\n    chat: "@a"\n    format: digest\n'
    with pytest.raises(ConfigError, match=r"config.yaml:5: .*site") as caught:
        configured(tmp_path, text)
    assert caught.value.remedy == "Set column.site."


def test_how_fast_to_write_is_the_usual_unless_it_is_configured(tmp_path: Path) -> None:
    assert configured(tmp_path, "").pacing == PACING
    text = (
        "pacing:\n  telegram:\n    rate: 2.5\n    spacing: 3\n    most: 10\n    window: 90\n  discord:\n    most: 4\n"
    )
    found = configured(tmp_path, text).pacing
    assert found["telegram"] == replace(
        PACING["telegram"], rate=2.5, reserve=0.5, chat=Pace(3.0, 10, 90.0), private=Pace(3.0)
    )
    four = Pace(0.0, 4, 5.0)
    assert found["discord"] == replace(PACING["discord"], chat=four, private=four)


WRONG_PACES = [
    # what is wrong, the lines, what the author reads
    ("faster than Telegram", "telegram:\n    rate: 30", "config.yaml:2: pacing.telegram: rate is at most 28"),
    ("faster than Discord", "discord:\n    rate: 50", "config.yaml:2: pacing.discord: rate is at most 47"),
    ("nothing at all", "telegram:\n    rate: 0", "config.yaml:3: pacing.telegram.rate has to be more than 0"),
    ("no number", "telegram:\n    rate: nan", "config.yaml:3: pacing.telegram.rate"),
    ("words", "telegram:\n    most: many", "config.yaml:3: pacing.telegram.most has to be a whole number"),
    ("backwards", "telegram:\n    spacing: -1", "config.yaml:3: pacing.telegram.spacing"),
    ("an endless window", "telegram:\n    window: inf", "config.yaml:3: pacing.telegram.window"),
    ("all for replies", "telegram:\n    reserve: 25", "config.yaml:2: pacing.telegram: reserve is a part of the rate"),
    ("another platform", "telegramm:\n    rate: 1", "Did you mean 'telegram'?"),
    ("a misspelt key", "telegram:\n    rat: 1", "Did you mean 'rate'?"),
]


@pytest.mark.parametrize(("lines", "says"), [row[1:] for row in WRONG_PACES], ids=[row[0] for row in WRONG_PACES])
def test_a_pace_that_can_not_be_is_refused(tmp_path: Path, lines: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        configured(tmp_path, f"pacing:\n  {lines}\n")


def test_a_token_in_the_file_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config.yaml:2: telegram.token: tokens don't belong"):
        configured(tmp_path, "telegram:\n  token: 1:a\n")


def sample() -> str:
    """The sample with its commented keys switched on: text behind a number sign and two spaces or more is a key."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    return re.sub(r"^  # ( *[a-z]+:(?= |$))", r"  \1", text, flags=re.MULTILINE)


def test_the_sample_is_valid_as_it_is_and_with_every_key_switched_on(tmp_path: Path) -> None:
    assert load(ROOT / "config.yaml", {}).destinations == ()
    found = configured(tmp_path, sample())
    assert sorted(one.kind for one in found.destinations) == sorted(Kind)


def test_the_sample_names_every_key() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    parts = [File, DestinationPart, *(field.annotation for field in File.model_fields.values())]
    keys = {name for part in parts for name in getattr(part, "model_fields", {})}
    assert {name for name in keys if not re.search(rf"\b{name}:", text)} == set()


REFUSED = [
    ("discord:\n  roles:\n    column: moderators\n", "discord.roles.column: 'moderators' is no role"),
    ("discord:\n  roles:\n    sections: {Tools: x}\n", "discord.roles.sections.Tools: 'x' is no role"),
    ('destinations:\n  "~a":\n    platform: telegram\n    chat: "@abcde"\n', "destinations.~a: names that begin so"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_roles_are_ids_and_subscribers_names_are_theirs(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        configured(tmp_path, text)


def test_roles_are_known_by_their_sections(tmp_path: Path) -> None:
    text = 'discord:\n  roles:\n    column: "1"\n    sections: {Tools: "2"}\n'
    assert configured(tmp_path, text).roles == {"": "1", "Tools": "2"}

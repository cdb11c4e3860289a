"""What an author can do to what is out there, with weektech as a process, against both local servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bots.planning.standing import accounts
from tests.theatre import Theatre, theatre

MARK = "\n\n<!-- weektech: erratum It was 20, not 30. -->\n\n# Papers"
REPLY = "Correction: It was 20, not 30."


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path / "column") as found:
        yield found


def write(house: Theatre, old: str, new: str) -> None:
    text = house.post.read_text(encoding="utf-8")
    assert old in text
    house.post.write_text(text.replace(old, new), encoding="utf-8")


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def standings(house: Theatre) -> dict[str, str]:
    with house.ledger() as ledger:
        found = [account for issue in ledger.issues() for account in accounts(ledger.past(issue.id))]
    return {one.destination: one.standing.value for one in found}


def lose_the_ledger(house: Theatre) -> None:
    for path in (house.folder / ".weektech").glob("ledger.db*"):
        path.unlink()


def links(house: Theatre) -> list[str]:
    return [f"https://t.me/column/{message.id}" for message in house.channel.messages]


def age(house: Theatre) -> None:
    """Two days go by for what is in the Telegram channel."""
    for message in list(house.channel.messages):
        house.channel.put(replace(message, date=message.date - timedelta(hours=49)))


def test_an_erratum_is_a_reply_on_both_platforms_and_nobody_gets_it_twice(house: Theatre) -> None:
    house.run("publish")
    write(house, "\n\n# Papers", MARK)
    for _ in range(2):
        assert house.run("publish").returncode == 0
    models, reply = house.channel.messages[1], house.channel.messages[-1]
    assert (len(house.channel.messages), reply.text, reply.reply_to) == (5, REPLY, models.id)
    posted = list(house.discord.state.messages(house.text))
    assert (len(posted), posted[-1].content) == (5, "**Correction:** It was 20, not 30.")
    assert posted[-1].reply_to == posted[1].id
    write(house, "It was 20", "It was 21")
    assert house.run("publish").returncode == 0
    assert house.telegram_texts()[4:] == [REPLY.replace("20", "21")]
    assert house.discord_texts()[4:] == ["**Correction:** It was 21, not 30."]


def test_who_gets_an_issue_with_its_erratum_is_not_told(house: Theatre) -> None:
    write(house, "\n\n# Papers", MARK)
    for _ in range(2):
        assert house.run("publish").returncode == 0
    assert (len(house.channel.messages), len(house.discord_texts())) == (4, 4)


def test_an_issue_is_taken_back_and_goes_out_again_only_by_name(house: Theatre) -> None:
    house.run("publish")
    asked = house.run("unpublish", "one")
    assert (asked.returncode, len(house.channel.messages)) == (1, 4)
    assert "8 to delete" in asked.stdout
    assert "--yes" in asked.stderr
    assert house.run("unpublish", "posts/one.md", "--yes").returncode == 0
    assert (house.telegram_texts(), house.discord_texts()) == ([], [])
    assert standings(house) == {"channel": "withdrawn", "server": "withdrawn"}
    assert house.run("publish").returncode == 0
    assert (house.telegram_texts(), house.discord_texts()) == ([], [])
    assert house.run("publish", "posts/one.md").returncode == 0
    assert (len(house.telegram_texts()), len(house.discord_texts())) == (4, 4)
    assert standings(house) == {"channel": "published", "server": "published"}


def test_after_two_days_telegram_s_messages_are_struck_through(house: Theatre) -> None:
    house.run("publish")
    age(house)
    found = house.run("unpublish", "one", "--yes")
    assert found.returncode == 0
    assert found.stderr.count("struck through") == 4
    assert house.discord_texts() == []
    assert house.telegram_texts()[1] == "(Withdrawn)\nModels\nA first paragraph about models."
    for message in house.channel.messages:
        assert [entity.type for entity in message.entities] == ["strikethrough"]
    again = house.run("unpublish", "one", "--yes")
    assert (again.returncode, "struck" in again.stdout + again.stderr) == (0, False)


def test_a_section_taken_out_after_two_days_is_struck_through(house: Theatre) -> None:
    house.run("publish", "--to", "channel")
    age(house)
    write(house, "# Papers\n\nA second paragraph about papers.\n\n", "")
    assert house.run("publish", "--to", "channel", "--yes").returncode == 0
    assert house.telegram_texts()[2] == "(Withdrawn)\nPapers\nA second paragraph about papers."
    assert "Papers" not in house.telegram_texts()[0]


def test_after_a_lost_ledger_messages_are_taken_over_and_corrected_in_place(house: Theatre) -> None:
    house.run("publish")
    lose_the_ledger(house)
    first = house.channel.messages[0].id
    found = house.run("adopt", "posts/one.md", "--to", "channel", f"https://t.me/column/{first}-{first + 3}")
    assert found.returncode == 0, found.stderr
    assert "was not seen" in found.stderr
    posted = [message.id for message in house.discord.state.messages(house.text)]
    guild = next(iter(house.discord.state.guilds))
    own = [f"https://discord.com/channels/{guild}/{house.text}/{number}" for number in posted]
    found = house.run("adopt", "posts/one.md", "--to", "server", *own)
    assert (found.returncode, "was not seen" in found.stderr) == (0, False), found.stderr
    calls = len(house.telegram_faults.calls), len(house.discord_faults.calls)
    write(house, "second paragraph", "corrected paragraph")
    assert house.run("publish").returncode == 0
    assert [name for name in house.telegram_faults.calls[calls[0] :] if name.startswith(("send", "edit"))] == [
        "editMessageText"
    ]
    assert house.discord_faults.calls[calls[1] :].count("editMessage") == 1
    assert (len(house.telegram_texts()), len(house.discord_texts())) == (4, 4)
    assert "corrected" in house.telegram_texts()[2]


def test_with_correct_what_another_tool_wrote_becomes_what_the_post_says(house: Theatre) -> None:
    house.run("publish", "--to", "channel")
    lose_the_ledger(house)
    write(house, "first paragraph", "better paragraph")
    found = house.run("adopt", "posts/one.md", "--to", "channel", *links(house), "--correct")
    assert found.returncode == 0
    assert "better" not in "".join(house.telegram_texts())
    assert house.run("publish", "--to", "channel").returncode == 0
    assert house.telegram_texts()[1] == "Models\nA better paragraph about models."


def test_one_section_can_be_taken_over_alone(house: Theatre) -> None:
    house.run("publish", "--to", "channel")
    lose_the_ledger(house)
    found = house.run("adopt", "posts/one.md", "--to", "channel", links(house)[2], "--section", "papers", "--json")
    assert [(one["section"], one["state"], one["url"]) for one in lines(found.stdout)] == [
        ("papers", "sent", links(house)[2])
    ]


BAD = [
    # what is typed after `adopt posts/one.md`, exit code, what the author reads
    (["--to", "channel", "https://t.me/column/1"], 1, "4 links are needed and 1 were given"),
    (["--to", "channel", "https://t.me/other/1-4"], 3, "leads to another chat than channel"),
    (["--to", "channel", "hello"], 1, "is not the link of a message"),
    (["--to", "server", "1001-1004"], 3, ""),
    (["--to", "chanel", "1-4"], 1, "Did you mean 'channel'?"),
    (["--to", "channel", "1", "--section", "nothing"], 1, "no section 'nothing'"),
    (["1-4"], 2, "--to"),
]


@pytest.mark.parametrize(("words", "code", "says"), BAD, ids=[" ".join(row[0]) for row in BAD])
def test_what_can_t_be_taken_over_is_told_and_nothing_is_recorded(
    house: Theatre, words: list[str], code: int, says: str
) -> None:
    found = house.run("adopt", "posts/one.md", *words)
    assert found.returncode == code, found.stderr
    assert says in found.stderr
    assert "Traceback" not in found.stderr
    assert standings(house) == {}


def test_an_issue_marked_as_done_everywhere_is_never_sent_by_itself(house: Theatre) -> None:
    assert house.run("adopt", "posts/one.md").returncode == 0
    assert house.run("publish").returncode == 0
    assert (house.telegram_texts(), house.discord_texts()) == ([], [])
    assert standings(house) == {"": "adopted"}
    refused = house.run("publish", "posts/one.md")
    assert (refused.returncode, "adopted" in refused.stderr, house.telegram_texts()) == (1, True, [])
    assert house.run("publish", "posts/one.md", "--yes").returncode == 0
    assert len(house.telegram_texts()) == 4


def test_retry_goes_on_with_what_waits_and_plans_nothing(house: Theatre) -> None:
    house.run("publish", "--to", "server", die=("intent.before", 3))
    assert standings(house) == {"server": "partly published"}
    *_, whole = lines(house.run("status", "--json").stdout)
    assert (whole["standing"], whole["counts"]) == ("partly published", {"pending": 2, "sent": 2})
    assert "`weektech retry one`" in whole["next"]
    write(house, "Tell us", "Please tell us")
    found = house.run("retry", "--json")
    assert [(one["destination"], one["sent"], one["ok"]) for one in lines(found.stdout)] == [("server", 2, True)]
    assert house.discord_texts()[-1] == "## Closing\nTell us what you think."
    assert standings(house) == {"server": "published"}
    assert house.run("retry").returncode == 0


def test_an_unknown_issue_is_answered_with_the_right_name(house: Theatre) -> None:
    house.run("adopt", "posts/one.md")
    for command in ("unpublish", "retry"):
        found = house.run(command, "onne")
        assert (found.returncode, "Did you mean 'one'?" in found.stderr) == (1, True)


def test_a_message_of_somebody_else_is_not_taken_over(house: Theatre) -> None:
    house.run("publish", "--to", "server")
    lose_the_ledger(house)
    state = house.discord.state
    state.say(house.text, state.add_user("reader"), "hello")
    ids = [str(message.id) for message in state.messages(house.text)]
    found = house.run("adopt", "posts/one.md", "--to", "server", *ids[:3], ids[4])
    assert (found.returncode, standings(house)) == (3, {})
    assert "is not the bot's own" in found.stderr

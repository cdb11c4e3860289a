"""What the author can decide beforehand about messages nobody knows the fate of: three policies, the same faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots import config, records, show
from bots.errors import ConfigError, InDoubt, TryLater
from bots.ledger import Ledger
from bots.model import Destination, Kind, Message, Receipt, State
from bots.platforms.base import EARLY, Attempt
from bots.publisher import Publisher, Rules
from tests.fakeworld import CHANNEL, ISSUE, SERVER, SHORT, TEXTS, World, an_issue, world_in

LOST = InDoubt("Timed out.")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


POLICIES = [
    # policy, did the third message arrive; its copies, messages there, named as in doubt, named as passed over
    ("ask", True, (1, 3, 1, 0)),
    ("ask", False, (0, 2, 1, 0)),
    ("resend", True, (2, 7, 0, 0)),
    ("resend", False, (1, 6, 0, 0)),
    ("skip", True, (1, 6, 0, 1)),
    ("skip", False, (0, 5, 0, 1)),
]


@pytest.mark.parametrize(("policy", "arrived", "expected"), POLICIES)
def test_one_fault_under_three_policies(
    world: World, policy: str, arrived: bool, expected: tuple[int, int, int, int]
) -> None:
    copies, there, doubted, passed = expected
    world.rules = rules(policy)
    world.telegram.faults[3] = (LOST, arrived)
    first = world.publish(ISSUE)
    assert first["server"].ok
    assert first["channel"].sent == (2 if doubted else len(TEXTS) - passed), "what is not known is not counted"
    for report in (first["channel"], world.publish(ISSUE)["channel"]):
        assert world.channel.texts.count("alpha one") == copies
        assert len(world.channel.texts) == there
        assert (len(report.in_doubt), len(report.passed_over)) == (doubted, passed)
        assert report.ok is (not doubted)
    assert len(world.ledger.unfinished()) == passed + (4 if doubted else 0)


def rules(policy: str) -> Rules:
    return next(Rules(in_doubt=word) for word in ("ask", "resend", "skip") if word == policy)


FATES = [
    # policy, lost sends that arrived and that did not, doubled, lost, named
    ("ask", 0, 0, 1),
    ("resend", 2, 0, 0),
    ("skip", 0, 2, 4),
]


@pytest.mark.parametrize(("policy", "doubled", "missing", "named"), FATES)
def test_what_each_policy_costs(world: World, policy: str, doubled: int, missing: int, named: int) -> None:
    """Two sends that arrived and two that did not, all without an answer."""
    world.rules = rules(policy)
    # A message sent again takes a call of its own, which shifts what follows.
    calls = {"resend": (1, 3, 5, 7)}.get(policy, (1, 2, 3, 4))
    world.telegram.faults = {call: (LOST, number % 2 == 0) for number, call in enumerate(calls)}
    report = world.publish(ISSUE)["channel"]
    found = Counter(world.channel.texts)
    assert sum(count - 1 for count in found.values()) == doubled
    if policy != "ask":
        assert len(set(TEXTS) - set(found)) == missing
    assert len(report.in_doubt) + len(report.passed_over) == named
    assert all(any(row.section in line for line in report.advice) for row in report.passed_over)


def test_a_message_sent_again_is_silent_and_only_it(world: World) -> None:
    quiet: list[tuple[str, bool]] = []
    send = world.telegram.send

    async def watched(destination: Destination, message: Message, files: dict[str, bytes], attempt: Attempt) -> Receipt:
        quiet.append((message.text, attempt.repeated))
        return await send(destination, message, files, attempt)

    world.rules = rules("resend")
    world.telegram.faults = {3: (LOST, True), 4: (TryLater("Slow down.", after=2), False)}
    world.telegram.send = watched  # type: ignore[method-assign,assignment] # a witness of our own port
    assert world.publish(ISSUE)["channel"].ok
    assert quiet[1:5] == [("A\nB\nC", False), ("alpha one", False), ("alpha one", True), ("alpha one", True)]
    assert not any(repeated for _, repeated in quiet[5:])


def test_what_swallows_every_answer_doubles_a_message_once_a_run(world: World) -> None:
    world.rules = rules("resend")
    world.telegram.faults = dict.fromkeys(range(3, 99), (LOST, True))
    report = world.publish(ISSUE)["channel"]
    assert world.channel.texts == ["Hello", "A\nB\nC", "alpha one", "alpha one"]
    assert [row.state for row in report.in_doubt] == [State.IN_DOUBT]


def test_what_was_passed_over_is_sent_when_it_is_corrected(world: World) -> None:
    world.rules = rules("skip")
    world.telegram.faults[4] = (LOST, False)
    assert world.publish(SHORT)["channel"].passed_over
    assert world.publish(SHORT)["channel"].kept == 3
    report = world.publish(an_issue("Hello", a="alpha", b="better"))["channel"]
    assert (report.ok, report.sent, report.passed_over) == (True, 1, ())
    assert world.channel.texts == ["Hello", "A\nB", "alpha", "better"]
    assert world.links(world.channel) == {"a": "alpha", "b": "better"}
    assert world.ledger.unfinished() == ()


SAID = [("it is there", True, 4), ("it is not there", False, 4)]


@pytest.mark.parametrize(("there", "texts"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_the_author_can_still_say_what_became_of_it(world: World, there: bool, texts: int) -> None:
    world.rules = rules("skip")
    world.telegram.faults[4] = (LOST, there)
    (missed,) = world.publish(SHORT)["channel"].passed_over

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        found = [name for name, one in world.channel.shown.items() if one.message.text == "beta"]
        place = world.telegram.receipt(CHANNEL, found[0]) if found else None
        await publisher.settle(missed.id, place)

    world.with_publisher(main)
    report = world.publish(SHORT)["channel"]
    assert (report.ok, report.passed_over, len(world.channel.texts)) == (True, (), texts)
    assert world.ledger.unfinished() == ()


def test_what_was_passed_over_is_named_wherever_it_is_shown(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.rules = rules("skip")
    world.telegram.faults[4] = (LOST, False)
    report = world.publish(SHORT)["channel"]
    (row,) = report.passed_over
    assert records.delivery(row)["state"] == "passed over"
    assert records.report("one", report)["passed_over"] == [row.id]
    show.report(report)
    assert (
        f"b part 1 was passed over. Nobody knows whether it is there; the rest went on. `weektech settle {row.id}`"
        in (capsys.readouterr().err.replace("\n", " "))
    )
    show.deliveries([row])
    assert "passed over" in capsys.readouterr().out


def test_a_platform_that_is_away_is_not_a_doubt_to_be_decided(world: World) -> None:
    """Evidence that could not be asked for says nothing; neither policy may act on that."""
    for policy in ("resend", "skip"):
        world.forget()
        world.rules = rules(policy)
        world.telegram.count = 0
        world.telegram.faults = {3: (LOST, True)}
        world.telegram.evidence = TryLater("No network.")
        report = world.publish(ISSUE)["channel"]
        assert (len(report.in_doubt), len(world.channel.texts)) == (1, 3)


SECOND = Destination("second", "telegram", Kind.CHANNEL, "@second")


def test_waiting_for_evidence_holds_up_no_other_chat(world: World) -> None:
    """Only the chat with the doubt waits: nobody refused anything, so the token goes on at its full rate."""
    world.destinations = (CHANNEL, SECOND, SERVER)
    quiet = world.publish(ISSUE)
    assert all(report.ok for report in quiet.values())
    usual = done_at(world, "second")
    world.forget()
    world.telegram.count = 0
    world.telegram.evidence = TryLater("Too early.", code=EARLY, after=30)
    world.telegram.faults = {3: (LOST, True)}
    began = world.clock.monotonic()
    reports = world.publish(ISSUE)
    (doubtful,) = [name for name in ("channel", "second") if not reports[name].ok]
    (other,) = {"channel", "second"} - {doubtful}
    assert done_at(world, other) <= usual + 1
    assert world.clock.monotonic() - began >= 30


def done_at(world: World, name: str) -> float:
    """Seconds from the beginning of the run to the last confirmed message of a destination."""
    rows = world.ledger.deliveries("one", name)
    first = min(row.claimed_at for row in rows if row.claimed_at)
    return (max(row.updated_at for row in rows) - first).total_seconds()


@pytest.mark.parametrize("word", ["ask", "resend", "skip"])
def test_the_policy_is_a_word_in_the_configuration(tmp_path: Path, word: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"sending:\n  in_doubt: {word}\n", encoding="utf-8")
    assert config.load(path, {}).in_doubt == word


def test_without_a_word_the_author_is_asked_and_other_words_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    assert config.load(path, {}).in_doubt == "ask"
    path.write_text("sending:\n  in_doubt: maybe\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="in_doubt"):
        config.load(path, {})


def test_the_courier_tells_what_the_ledger_knows_of_the_chat(world: World) -> None:
    told: list[Attempt] = []
    settle = world.telegram.settle

    async def watched(destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        told.append(attempt)
        return await settle(destination, message, attempt)

    world.telegram.settle = watched  # type: ignore[method-assign] # a witness of our own port
    world.telegram.faults[3] = (LOST, True)
    world.publish(ISSUE)
    world.ledger.sight("telegram", CHANNEL.chat, "9999", {"text": "seen"})
    world.publish(ISSUE)
    twin = replace(CHANNEL, name="twin", kind=Kind.TOPIC, topic="7")
    world.destinations = (CHANNEL, SERVER, twin)
    world.publish(ISSUE)
    assert [one.alone for one in told] == [True, True, False]
    assert [len(one.sightings) for one in told] == [0, 1, 1]
    assert {one.after for one in told} == {"101"}, "the id of the second message, the last one confirmed"

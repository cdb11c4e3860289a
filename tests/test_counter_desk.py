"""What readers decide about themselves: subscriptions, their language, being forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.counter import Services
from bots.events import Left
from bots.ledger.readers import BLOCKED
from tests.counterworld import READER, Readers, with_issues
from tests.roundworld import Stage, stage_in
from tests.test_mailing import RULES


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with stage_in(tmp_path, RULES) as made:
        (made.folder / "posts" / "one.md").unlink()
        yield made


def test_a_subscription_is_begun_changed_and_ended_by_buttons(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        panel = await readers.ask("/subscribe")
        assert panel.texts[0].startswith("Shall each issue come to you?")
        assert list(panel.buttons) == ["News", "工具", "Digest", "In full"]
        talk = await readers.press(panel.buttons["Digest"])
        assert talk.texts == ["A digest of each issue comes to you."]
        talk = await readers.press(talk.buttons["News"])
        talk = await readers.press(talk.buttons["工具"])
        assert talk.texts == ["These sections of each issue come to you: News, 工具"]
        talk = await readers.press(talk.buttons["✓ News"])
        assert list(talk.buttons) == ["News", "✓ 工具", "Digest", "In full", "End the subscription"]
        found = stage.ledger.readers.subscription("telegram", "5")
        assert found is not None
        assert found.sections == ("工具",)
        assert (await readers.press(talk.buttons["In full"])).texts == ["Each issue comes to you in full."]
        assert (await readers.press(talk.buttons["End the subscription"])).texts == ["Your subscription is ended."]
        assert (await readers.ask("/unsubscribe")).texts == ["You have no subscription."]
        assert (await readers.ask("/subscribe full")).texts == ["Each issue comes to you in full."]

    with_issues(stage, life(), 1, 2)


def test_nobody_subscribes_a_group(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        for talk in (await readers.ask("/subscribe", private=False), await readers.press("u:full", private=False)):
            assert talk.texts == ["Write to me in private to subscribe."]
        assert stage.ledger.readers.subscribed() == ()

    stage.live(life())


def test_whoever_blocks_the_bot_has_ended_the_subscription(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        await readers.ask("/subscribe digest")
        await readers.counter.left(Left("telegram", READER, "5", gone=False))
        assert len(stage.ledger.readers.subscribed()) == 1
        await readers.counter.left(Left("telegram", READER, "5", gone=True))
        assert stage.ledger.readers.counts() == ((BLOCKED, 1),)

    stage.live(life())


def test_being_forgotten_wants_a_yes_and_leaves_nothing(stage: Stage) -> None:
    forgotten: list[tuple[str, str]] = []

    async def forget(platform: str, who: str) -> None:
        forgotten.append((platform, who))

    readers = Readers(stage, Services(forget=forget))

    async def life() -> None:
        await readers.ask("/subscribe full")
        await readers.ask("/lang zh")
        talk = await readers.ask("/forget", language="en")
        assert (await readers.press("f:no")).texts == ["没有任何改动。"]
        assert stage.ledger.readers.subscribed()
        await readers.press(talk.buttons["是的，忘记我"])
        assert forgotten == [("telegram", "5")]
        assert stage.ledger.readers.subscribed() == ()
        assert stage.ledger.readers.counts() == ()
        assert stage.ledger.readers.language("telegram", "5") is None

    stage.live(life())


def test_each_reader_is_spoken_to_in_their_language(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        assert (await readers.ask("/latest", language="zh-hans")).texts == ["还没有发布过。"]
        assert (await readers.ask("/latest", language="de")).texts == ["Nothing was published yet."]
        choice = await readers.ask("/lang")
        assert (await readers.press(choice.buttons["中文"])).texts == ["以后用中文回答你。"]
        assert (await readers.ask("/latest")).texts == ["还没有发布过。"]
        await readers.press("l:app")
        assert (await readers.ask("/latest")).texts == ["Nothing was published yet."]
        assert "five weeks" in (await readers.ask("/privacy")).texts[0]

    stage.live(life())

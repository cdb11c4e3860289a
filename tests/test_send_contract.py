"""What every sender must do, the same on each platform: the real client libraries against the rehearsal's servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bots.clock import SystemClock
from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError, TokenRejected, TryLater
from bots.model import Kind, Message
from bots.platforms import PLATFORMS
from bots.platforms.base import Attempt, Place
from bots.rehearsal.faults import Fault
from tests.stages import DISCORD_KINDS, STAGES, TELEGRAM_KINDS, USUAL, Stage, attempt, contents, sender_of


@pytest.fixture(params=STAGES)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Every kind of destination, one after the other."""
    async with opened(STAGES[request.param]()) as made:
        yield made


@pytest.fixture(params=USUAL)
async def usual(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """One kind of each platform."""
    async with opened(USUAL[request.param]()) as made:
        yield made


@asynccontextmanager
async def opened(stage: AbstractAsyncContextManager[Stage]) -> AsyncIterator[Stage]:
    async with stage as made:
        await made.sender.open()
        try:
            yield made
        finally:
            made.faults.release()
            await made.sender.close()


async def send(stage: Stage, message: Message, number: int = 1) -> tuple[str, ...]:
    receipt = await stage.sender.send(stage.destination, message, contents(message), attempt(number))
    return receipt.message_ids


async def edit(stage: Stage, ids: tuple[str, ...], old: Message, new: Message) -> None:
    receipt = await stage.sender.edit(stage.destination, Place(ids), old, new, contents(new))
    assert receipt.message_ids == ids


async def test_a_text_arrives_once_with_a_link(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, stage.text("Hello 世界"), {}, attempt())
    assert stage.shown() == ["Hello 世界"]
    assert (receipt.url is not None) is stage.linked
    assert receipt.url is None or receipt.url.endswith("/" + receipt.message_ids[0])


async def test_a_picture_arrives_with_its_words(stage: Stage) -> None:
    await send(stage, stage.pictures("图一：Caption", ("a.png",)))
    assert (stage.shown(), stage.images()) == (["图一：Caption"], [1])


async def test_several_pictures_arrive_with_their_words(stage: Stage) -> None:
    ids = await send(stage, stage.pictures("Caption", ("a.png", "bb.png", "ccc.png")))
    assert (stage.shown()[0], sum(stage.images())) == ("Caption", 3)
    assert len(ids) == len(stage.shown())


async def test_a_word_is_corrected_in_place(stage: Stage) -> None:
    old, new = stage.text("A mistake"), stage.text("A correction")
    ids = await send(stage, old)
    await edit(stage, ids, old, new)
    assert stage.shown() == ["A correction"]


async def test_a_caption_is_corrected_and_the_picture_stays(stage: Stage) -> None:
    old, new = stage.pictures("A mistake", ("a.png",)), stage.pictures("A correction", ("a.png",))
    ids = await send(stage, old)
    await edit(stage, ids, old, new)
    assert (stage.shown(), stage.images()) == (["A correction"], [1])


async def test_one_picture_of_several_is_exchanged(stage: Stage) -> None:
    old, new = stage.pictures("Words", ("a.png", "bb.png")), stage.pictures("Words", ("a.png", "other.png"))
    ids = await send(stage, old)
    await edit(stage, ids, old, new)
    assert (stage.shown()[0], sum(stage.images())) == ("Words", 2)


@pytest.mark.parametrize("kind", ["a text", "a picture", "several pictures"])
async def test_an_edit_without_change_is_a_success(stage: Stage, kind: str) -> None:
    message = {
        "a text": stage.text("Words"),
        "a picture": stage.pictures("Words", ("a.png",)),
        "several pictures": stage.pictures("Words", ("a.png", "bb.png")),
    }[kind]
    ids = await send(stage, message)
    await edit(stage, ids, message, message)
    await edit(stage, ids, message, message)
    assert stage.shown()[0] == "Words"


async def test_editing_what_was_deleted_says_gone(stage: Stage) -> None:
    old, new = stage.text("Old"), stage.text("New")
    ids = await send(stage, old)
    await stage.sender.delete(stage.destination, Place(ids))
    with pytest.raises(Gone):
        await edit(stage, ids, old, new)
    assert stage.shown() == []


async def test_deleting_twice_is_harmless(stage: Stage) -> None:
    ids = await send(stage, stage.pictures("Words", ("a.png", "bb.png")))
    await stage.sender.delete(stage.destination, Place(ids))
    await stage.sender.delete(stage.destination, Place(ids))
    assert stage.shown() == []


async def test_an_unknown_chat_closes_the_destination_with_a_remedy(stage: Stage) -> None:
    with pytest.raises(ChatClosed, match="Check `chat`"):
        await stage.sender.send(stage.unknown, stage.text("Words"), {}, attempt())
    verdict = await stage.sender.check(stage.unknown)
    assert not verdict.ok
    assert "Check `chat`" in verdict.problems[0]


async def test_a_chat_that_is_ready_passes_the_check_and_gets_nothing(stage: Stage) -> None:
    verdict = await stage.sender.check(stage.destination)
    assert (verdict.ok, verdict.problems) == (True, ())
    assert "eekly" in verdict.title
    assert stage.shown() == []


async def test_a_chat_that_closed_says_what_to_do(stage: Stage) -> None:
    stage.close()
    with pytest.raises(ChatClosed) as raised:
        await send(stage, stage.text("Words"))
    verdict = await stage.sender.check(stage.destination)
    assert stage.closed in str(raised.value)
    assert stage.shown() == []
    assert not verdict.ok or stage.destination.kind is Kind.PRIVATE


async def test_a_message_is_pinned_once(stage: Stage) -> None:
    message = replace(stage.text("Words"), after=("pin",))
    ids = await send(stage, message)
    assert stage.pinned() == []
    for _ in range(2):
        await stage.sender.finish(stage.destination, Place(ids), message)
        assert stage.pinned() == list(ids)


async def test_a_pin_that_is_not_allowed_leaves_the_message_alone(stage: Stage) -> None:
    message = replace(stage.text("Words"), after=("pin",))
    ids = await send(stage, message)
    stage.forbid_pins()
    if stage.destination.kind is not Kind.PRIVATE:
        with pytest.raises(Rejected, match="out there"):
            await stage.sender.finish(stage.destination, Place(ids), message)
        verdict = await stage.sender.check(replace(stage.destination, pin=True))
        assert "may not pin" in verdict.problems[0]
    assert (stage.shown(), stage.pinned()) == (["Words"], [])


async def test_a_message_with_nothing_to_finish_is_left_alone(stage: Stage) -> None:
    ids = await send(stage, stage.text("Words"))
    await stage.sender.finish(stage.destination, Place(ids), stage.text("Words"))
    assert (stage.shown(), stage.pinned()) == (["Words"], [])


async def test_pictures_the_platform_keeps_are_sent_again_without_their_bytes(stage: Stage) -> None:
    message = stage.pictures("Words", ("a.png", "bb.png"))
    receipt = await stage.sender.send(stage.destination, message, contents(message), attempt(1))
    assert sorted(receipt.uploaded) == (["1.png", "2.png"] if stage.keeps else [])
    if stage.keeps:
        await stage.sender.send(stage.destination, message, receipt.uploaded, attempt(2))
        assert stage.images() == [1, 1, 1, 1]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_wrong_token_is_refused_at_the_door(platform: str) -> None:
    async with USUAL[platform]() as made:
        wrong = made.token[:-1] + "x"
        sender = sender_of(platform, made.base, wrong)
        with pytest.raises(TokenRejected) as raised:
            await sender.open()
        await sender.close()
    assert wrong not in f"{raised.value!r} {raised.value} {raised.value.code}"


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_server_that_is_down_is_tried_later(platform: str) -> None:
    async with USUAL[platform]() as made:
        await made.sender.open()
        await send(made, made.text("First"), 1)
        await made.stop()
        with pytest.raises(TryLater):
            await send(made, made.text("Second"), 2)
        with pytest.raises(TryLater):
            await sender_of(platform, made.base, made.token).open()
        await made.sender.close()


async def test_a_long_rate_window_names_the_seconds(usual: Stage) -> None:
    usual.faults.at(1, Fault.RATE_LONG, usual.sending)
    with pytest.raises(TryLater) as raised:
        await send(usual, usual.text("Words"))
    assert raised.value.after >= 100
    assert usual.shown() == []


FAULTS: tuple[tuple[Fault, type[SendError] | None, type[SendError] | None, bool], ...] = (
    # fault, what Telegram's sender says, what Discord's says (None: delivered), was it taken
    (Fault.CLOSED_UNREAD, InDoubt, InDoubt, False),
    (Fault.CLOSED_MID_REQUEST, InDoubt, InDoubt, False),
    (Fault.TAKEN_CLOSED, InDoubt, InDoubt, True),
    (Fault.TAKEN_RESET, InDoubt, InDoubt, True),
    (Fault.TAKEN_HALF, InDoubt, InDoubt, True),
    (Fault.TAKEN_SILENT, InDoubt, InDoubt, True),
    # discord.py sends again after 500 and 502, with the same nonce, and gets the first message.
    (Fault.TAKEN_500, InDoubt, None, True),
    (Fault.TAKEN_502, InDoubt, None, True),
    (Fault.TAKEN_503, InDoubt, InDoubt, True),
    (Fault.TAKEN_GARBAGE, InDoubt, InDoubt, True),
    (Fault.TAKEN_WRONG_TYPE, None, InDoubt, True),
    (Fault.TAKEN_SLOWLY, None, None, True),
    (Fault.RATE_SHORT, TryLater, None, False),
    (Fault.RATE_LONG, TryLater, TryLater, False),
    (Fault.RATE_GLOBAL, TryLater, None, False),
    (Fault.REFUSED, Rejected, Rejected, False),
)


def test_the_table_knows_every_fault_of_the_rehearsal() -> None:
    assert {row[0] for row in FAULTS} == set(Fault)


@pytest.mark.parametrize(("fault", "on_telegram", "on_discord", "taken"), FAULTS, ids=[row[0].value for row in FAULTS])
async def test_what_each_fault_means(
    usual: Stage, fault: Fault, on_telegram: type[SendError] | None, on_discord: type[SendError] | None, taken: bool
) -> None:
    expected = {"telegram": on_telegram, "discord": on_discord}[usual.destination.platform]
    usual.faults.at(1, fault, usual.sending)
    if expected is None:
        await send(usual, usual.text("Words"))
    else:
        with pytest.raises(expected) as raised:
            await send(usual, usual.text("Words"))
        assert usual.token not in f"{raised.value!r} {raised.value} {raised.value.code}"
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert usual.shown() == (["Words"] if taken or expected is None else [])


async def test_a_lost_answer_to_an_edit_can_be_tried_again(usual: Stage) -> None:
    old, new = usual.text("Old"), usual.text("New")
    ids = await send(usual, old)
    usual.faults.at(
        1, Fault.TAKEN_CLOSED, {"telegram": "editMessageText"}.get(usual.destination.platform, "editMessage")
    )
    with pytest.raises(TryLater):
        await edit(usual, ids, old, new)
    await edit(usual, ids, old, new)
    assert usual.shown() == ["New"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_an_answer_that_comes_late_is_adopted(platform: str) -> None:
    async with USUAL[platform]() as made:
        made.faults.crumb_gap = 0.0005
        made.faults.at(1, Fault.TAKEN_SLOWLY, made.sending)
        hasty = replace(made, sender=sender_of(platform, made.base, made.token, patience=0.1))
        await hasty.sender.open()
        with pytest.raises(InDoubt, match="under way"):
            await send(hasty, made.text("Words"))
        receipt = None
        while receipt is None:
            with suppress(InDoubt):
                receipt = await hasty.sender.send(made.destination, made.text("Words"), {}, attempt())
        await hasty.sender.close()
        assert made.faults.calls.count(made.sending) == 1
        assert made.shown() == ["Words"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_caller_that_is_cancelled_does_not_cancel_the_send(platform: str) -> None:
    async with USUAL[platform]() as made:
        made.faults.crumb_gap = 0.001
        made.faults.at(1, Fault.TAKEN_SLOWLY, made.sending)
        await made.sender.open()
        taken = asyncio.Event()
        made.faults.observer = lambda moment: taken.set() if moment.method == made.sending else None
        impatient = asyncio.ensure_future(send(made, made.text("Words")))
        await taken.wait()
        impatient.cancel()
        assert len(await send(made, made.text("Words"))) == 1
        await made.sender.close()
        assert made.shown() == ["Words"]


async def test_an_old_attempt_of_another_process_is_settled_or_named(usual: Stage) -> None:
    usual.faults.at(1, Fault.TAKEN_CLOSED, usual.sending)
    since = SystemClock().now() - timedelta(minutes=1)
    tried = Attempt("issue/section/1", "nonce-1", since)
    with pytest.raises(InDoubt):
        await usual.sender.send(usual.destination, usual.text("Words"), {}, tried)
    if usual.destination.platform == "telegram":
        with pytest.raises(InDoubt, match="Look at the end of the chat"):
            await usual.sender.settle(usual.destination, usual.text("Words"), tried)
    else:
        receipt = await usual.sender.settle(usual.destination, usual.text("Words"), tried)
        assert receipt is not None
        assert await usual.sender.settle(usual.destination, usual.text("Other"), replace(tried, nonce="x")) is None


def test_there_is_a_stage_for_every_kind_of_destination() -> None:
    on_telegram = {row.kind for row in TELEGRAM_KINDS.values()}
    assert on_telegram | {row.kind for row in DISCORD_KINDS.values()} == set(Kind)
    assert USUAL.keys() == PLATFORMS.keys()

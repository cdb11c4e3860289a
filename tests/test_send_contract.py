"""What every sender must do, the same on each platform: the real client libraries against the rehearsal's servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bots.clock import SystemClock
from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError, TokenRejected, TryLater
from bots.model import Destination, Kind, Message, Upload
from bots.platforms import PLATFORMS, load
from bots.platforms.base import Attempt, Sender
from bots.rehearsal import telegram
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.limits import Rule, Rules
from bots.rehearsal.discord.server import application
from bots.rehearsal.discord.state import State
from bots.rehearsal.faults import Fault, Faults
from bots.rehearsal.serving import serve

TELEGRAM_TOKEN = "123456789:" + "A" * 35
DISCORD_TOKEN = "B" * 24 + ".CCCCCC." + "D" * 38
WIDE = Rule(10_000, 1)


def picture(shade: int = 0) -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), (shade, 90, 160)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Stage:
    """One platform's server and a sender that talks to it, with what a test needs to say and to see."""

    sender: Sender
    destination: Destination
    unknown: Destination
    faults: Faults
    base: str
    token: str
    sending: str
    """The platform's name of the call that sends a text."""
    text: Callable[[str], Message]
    pictures: Callable[[str, tuple[str, ...]], Message]
    """A message with a caption and pictures from these sources."""
    shown: Callable[[], list[str]]
    """What readers see, oldest first; a caption stands with the first picture of its album."""
    images: Callable[[], list[int]]
    """How many pictures each message shows."""
    stop: Callable[[], Any]


def attempt(stage: Stage, number: int = 1) -> Attempt:
    return Attempt(f"issue/section/{number}", f"nonce-{number}", SystemClock().now())


def contents(message: Message) -> dict[str, bytes]:
    return {file.name: picture(len(file.source)) for file in message.files}


def uploads(sources: tuple[str, ...]) -> tuple[Upload, ...]:
    return tuple(Upload(f"{n}.png", source, f"alt of {source}") for n, source in enumerate(sources, 1))


def telegram_text(words: str) -> Message:
    body = {"text": words, "entities": [{"type": "bold", "offset": 0, "length": 2}]}
    return Message("section", 1, "sendMessage", body, words)


def telegram_pictures(words: str, sources: tuple[str, ...]) -> Message:
    files = uploads(sources)
    if len(files) == 1:
        return Message("section", 1, "sendPhoto", {"photo": "attach://1.png", "caption": words}, words, files)
    media: list[dict[str, str]] = [{"type": "photo", "media": f"attach://{file.name}"} for file in files]
    media[0]["caption"] = words
    return Message("section", 1, "sendMediaGroup", {"media": media}, words, files)


def discord_text(words: str) -> Message:
    body = {"content": words, "allowed_mentions": {"parse": []}}
    return Message("section", 1, "createMessage", body, words)


def discord_pictures(words: str, sources: tuple[str, ...]) -> Message:
    return replace(discord_text(words), files=uploads(sources))


def sender_of(platform: str, base: str, token: str, patience: float = 1.5) -> Sender:
    made: Sender = load(PLATFORMS[platform].sender)(token, base_url=base, patience=patience)
    return made


@asynccontextmanager
async def telegram_stage() -> AsyncIterator[Stage]:
    chat = telegram.Chat(-1001234567890, title="Weekly", username="weekly")
    server = telegram.Telegram([telegram.Bot(TELEGRAM_TOKEN)], [chat], SystemClock(), telegram.NO_LIMITS)
    faults, stack = Faults(), AsyncExitStack()
    base = await stack.enter_async_context(serve(telegram.make_app(server, faults)))
    destination = Destination("channel", "telegram", Kind.CHANNEL, "@weekly")
    sender = sender_of("telegram", base, TELEGRAM_TOKEN)
    async with stack:
        yield Stage(
            sender=sender,
            destination=destination,
            unknown=replace(destination, chat="@nowhere"),
            faults=faults,
            base=base,
            token=TELEGRAM_TOKEN,
            sending="sendMessage",
            text=telegram_text,
            pictures=telegram_pictures,
            shown=lambda: [each.content.text for each in chat.messages],
            images=lambda: [int(each.media is not None) for each in chat.messages],
            stop=stack.aclose,
        )


@asynccontextmanager
async def discord_stage() -> AsyncIterator[Stage]:
    state = State(SystemClock())
    channel = state.add_channel(state.add_guild("Server").id, "weekly")
    server = Discord(state, Rules(everything=WIDE, create=WIDE, edit=WIDE, delete=WIDE), DISCORD_TOKEN)
    faults, stack = Faults(), AsyncExitStack()
    base = await stack.enter_async_context(serve(application(server, faults)))
    destination = Destination("server", "discord", Kind.TEXT, str(channel.id))
    sender = sender_of("discord", base, DISCORD_TOKEN)
    async with stack:
        yield Stage(
            sender=sender,
            destination=destination,
            unknown=replace(destination, chat=str(channel.id + 1)),
            faults=faults,
            base=base,
            token=DISCORD_TOKEN,
            sending="createMessage",
            text=discord_text,
            pictures=discord_pictures,
            shown=lambda: [each.content for each in state.messages(channel.id)],
            images=lambda: [len(each.attachments) for each in state.messages(channel.id)],
            stop=stack.aclose,
        )


STAGES = {"telegram": telegram_stage, "discord": discord_stage}


@pytest.fixture(params=sorted(PLATFORMS))
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with STAGES[request.param]() as made:
        await made.sender.open()
        try:
            yield made
        finally:
            made.faults.release()
            await made.sender.close()


async def send(stage: Stage, message: Message, number: int = 1) -> tuple[str, ...]:
    receipt = await stage.sender.send(stage.destination, message, contents(message), attempt(stage, number))
    return receipt.message_ids


async def edit(stage: Stage, ids: tuple[str, ...], old: Message, new: Message) -> None:
    receipt = await stage.sender.edit(stage.destination, ids, old, new, contents(new))
    assert receipt.message_ids == ids


async def test_a_text_arrives_once_with_a_link(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, stage.text("Hello 世界"), {}, attempt(stage))
    assert stage.shown() == ["Hello 世界"]
    assert receipt.url is not None
    assert receipt.url.endswith("/" + receipt.message_ids[0])


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
    await stage.sender.delete(stage.destination, ids)
    with pytest.raises(Gone):
        await edit(stage, ids, old, new)
    assert stage.shown() == []


async def test_deleting_twice_is_harmless(stage: Stage) -> None:
    ids = await send(stage, stage.pictures("Words", ("a.png", "bb.png")))
    await stage.sender.delete(stage.destination, ids)
    await stage.sender.delete(stage.destination, ids)
    assert stage.shown() == []


async def test_an_unknown_chat_closes_the_destination_with_a_remedy(stage: Stage) -> None:
    with pytest.raises(ChatClosed, match="Check `chat`"):
        await stage.sender.send(stage.unknown, stage.text("Words"), {}, attempt(stage))
    verdict = await stage.sender.check(stage.unknown)
    assert not verdict.ok
    assert "Check `chat`" in verdict.problems[0]


async def test_a_chat_that_is_ready_passes_the_check_and_gets_nothing(stage: Stage) -> None:
    verdict = await stage.sender.check(stage.destination)
    assert (verdict.ok, verdict.problems) == (True, ())
    assert "eekly" in verdict.title
    assert stage.shown() == []


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_wrong_token_is_refused_at_the_door(platform: str) -> None:
    async with STAGES[platform]() as made:
        wrong = made.token[:-1] + "x"
        sender = sender_of(platform, made.base, wrong)
        with pytest.raises(TokenRejected) as raised:
            await sender.open()
        await sender.close()
    assert wrong not in f"{raised.value!r} {raised.value} {raised.value.code}"


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_server_that_is_down_is_tried_later(platform: str) -> None:
    async with STAGES[platform]() as made:
        await made.sender.open()
        await send(made, made.text("First"), 1)
        await made.stop()
        with pytest.raises(TryLater):
            await send(made, made.text("Second"), 2)
        with pytest.raises(TryLater):
            await sender_of(platform, made.base, made.token).open()
        await made.sender.close()


async def test_a_long_rate_window_names_the_seconds(stage: Stage) -> None:
    stage.faults.at(1, Fault.RATE_LONG, stage.sending)
    with pytest.raises(TryLater) as raised:
        await send(stage, stage.text("Words"))
    assert raised.value.after >= 100
    assert stage.shown() == []


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
    stage: Stage, fault: Fault, on_telegram: type[SendError] | None, on_discord: type[SendError] | None, taken: bool
) -> None:
    expected = {"telegram": on_telegram, "discord": on_discord}[stage.destination.platform]
    stage.faults.at(1, fault, stage.sending)
    if expected is None:
        await send(stage, stage.text("Words"))
    else:
        with pytest.raises(expected) as raised:
            await send(stage, stage.text("Words"))
        assert stage.token not in f"{raised.value!r} {raised.value} {raised.value.code}"
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert stage.shown() == (["Words"] if taken or expected is None else [])


async def test_a_lost_answer_to_an_edit_can_be_tried_again(stage: Stage) -> None:
    old, new = stage.text("Old"), stage.text("New")
    ids = await send(stage, old)
    stage.faults.at(
        1, Fault.TAKEN_CLOSED, {"telegram": "editMessageText"}.get(stage.destination.platform, "editMessage")
    )
    with pytest.raises(TryLater):
        await edit(stage, ids, old, new)
    await edit(stage, ids, old, new)
    assert stage.shown() == ["New"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_an_answer_that_comes_late_is_adopted(platform: str) -> None:
    async with STAGES[platform]() as made:
        made.faults.crumb_gap = 0.0005
        made.faults.at(1, Fault.TAKEN_SLOWLY, made.sending)
        hasty = replace(made, sender=sender_of(platform, made.base, made.token, patience=0.1))
        await hasty.sender.open()
        with pytest.raises(InDoubt, match="under way"):
            await send(hasty, made.text("Words"))
        receipt = None
        while receipt is None:
            with suppress(InDoubt):
                receipt = await hasty.sender.send(made.destination, made.text("Words"), {}, attempt(made))
        await hasty.sender.close()
        assert made.faults.calls.count(made.sending) == 1
        assert made.shown() == ["Words"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_caller_that_is_cancelled_does_not_cancel_the_send(platform: str) -> None:
    async with STAGES[platform]() as made:
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


async def test_an_old_attempt_of_another_process_is_settled_or_named(stage: Stage) -> None:
    stage.faults.at(1, Fault.TAKEN_CLOSED, stage.sending)
    since = SystemClock().now() - timedelta(seconds=1)
    tried = Attempt("issue/section/1", "nonce-1", since)
    with pytest.raises(InDoubt):
        await stage.sender.send(stage.destination, stage.text("Words"), {}, tried)
    if stage.destination.platform == "telegram":
        with pytest.raises(InDoubt, match="Look at the end of the chat"):
            await stage.sender.settle(stage.destination, stage.text("Words"), tried)
    else:
        receipt = await stage.sender.settle(stage.destination, stage.text("Words"), tried)
        assert receipt is not None
        assert await stage.sender.settle(stage.destination, stage.text("Other"), replace(tried, nonce="x")) is None


def test_the_stages_cover_every_registered_platform() -> None:
    assert STAGES.keys() == PLATFORMS.keys()

"""Discord's sender on its own: nonces, mentions, settling, and what each refusal means (discord.md 3, 7 and 8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from discord.http import Route

from bots.clock import SystemClock
from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError, TokenRejected, TryLater
from bots.model import Destination, Kind, Message, Upload
from bots.platforms.base import EARLY, Attempt, Place
from bots.platforms.discord.errors import classify
from bots.platforms.discord.send import DiscordSender
from bots.rehearsal.discord.limits import Rule
from bots.rehearsal.discord.model import PUBLISHER, ChannelType, Permission
from bots.rehearsal.faults import Fault
from bots.rehearsal.serving import serve
from tests.discord_stage import OPEN, TOKEN, Stage, attempt, rehearsal, text


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with rehearsal() as made:
        yield made


async def test_the_same_nonce_gives_the_first_message_again(stage: Stage) -> None:
    first = await stage.sender.send(stage.destination, text("Words"), {}, attempt())
    second = await stage.sender.send(stage.destination, text("Words"), {}, attempt())
    assert first == second
    assert [each.nonce for each in stage.state.messages(stage.channel.id)] == ["nonce-1"]


async def test_a_link_names_server_channel_and_message(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, text("Words"), {}, attempt())
    place = f"{stage.channel.guild}/{stage.channel.id}/{receipt.message_ids[0]}"
    assert receipt.url == f"https://discord.com/channels/{place}"


async def test_nobody_is_notified_unless_the_body_says_so(stage: Stage) -> None:
    stage.state.permit(stage.channel.id, PUBLISHER | Permission.MENTION_EVERYONE)
    silent_by_omission = Message("section", 1, "createMessage", {"content": "@everyone"}, "@everyone")
    await stage.sender.send(stage.destination, silent_by_omission, {}, attempt())
    assert stage.state.messages(stage.channel.id)[0].pings.count == 0


async def test_the_configured_role_is_notified_once_and_an_edit_notifies_nobody(stage: Stage) -> None:
    stage.state.permit(stage.channel.id, PUBLISHER | Permission.MENTION_EVERYONE)
    role = stage.state.add_role(stage.channel.guild, "readers", mentionable=True)
    allowed = {"parse": [], "roles": [str(role.id)]}
    old = text(f"<@&{role.id}> @everyone", allowed_mentions=allowed)
    receipt = await stage.sender.send(stage.destination, old, {}, attempt())
    await stage.sender.edit(stage.destination, Place(receipt.message_ids), old, text("@everyone"), {})
    posted = stage.state.messages(stage.channel.id)[0]
    assert (posted.pings.roles, posted.pings.everyone) == (frozenset({role.id}), False)
    assert posted.mentioned.count == 0


async def test_flags_and_alt_texts_arrive(stage: Stage) -> None:
    message = replace(text("Words", flags=(1 << 2) | (1 << 12)), files=(Upload("1.png", "a.png", "a cat"),))
    await stage.sender.send(stage.destination, message, {"1.png": b"picture"}, attempt())
    posted = stage.state.messages(stage.channel.id)[0]
    assert posted.flags == (1 << 2) | (1 << 12)
    assert [(each.filename, each.description, each.content) for each in posted.attachments] == [
        ("1.png", "a cat", b"picture")
    ]


async def test_a_text_edit_keeps_the_pictures_and_a_new_alt_text_replaces_them(stage: Stage) -> None:
    old = replace(text("Old"), files=(Upload("1.png", "a.png", "a cat"),))
    receipt = await stage.sender.send(stage.destination, old, {"1.png": b"1"}, attempt())
    kept = stage.state.messages(stage.channel.id)[0].attachments
    corrected = replace(text("New"), files=old.files)
    await stage.sender.edit(stage.destination, Place(receipt.message_ids), old, corrected, {"1.png": b"1"})
    assert stage.state.messages(stage.channel.id)[0].attachments == kept
    described = replace(text("New"), files=(Upload("1.png", "a.png", "a dog"),))
    await stage.sender.edit(stage.destination, Place(receipt.message_ids), corrected, described, {"1.png": b"1"})
    assert [each.description for each in stage.state.messages(stage.channel.id)[0].attachments] == ["a dog"]
    await stage.sender.edit(stage.destination, Place(receipt.message_ids), described, text("New"), {})
    assert stage.state.messages(stage.channel.id)[0].attachments == ()


async def test_a_send_that_sleeps_out_its_window_is_adopted_not_repeated() -> None:
    async with rehearsal(replace(OPEN, create=Rule(1, 1.0)), patience=0.2) as stage:
        with pytest.raises(InDoubt):
            await stage.sender.send(stage.destination, text("Words"), {}, attempt())
        settled = await stage.sender.settle(stage.destination, text("Words"), attempt())
        assert settled is not None
        assert len(stage.state.messages(stage.channel.id)) == 1


# ---------------------------------------------------------------- settling


async def lost(stage: Stage, message: Message, tried: Attempt) -> None:
    """Send so that the answer is lost although the message arrived."""
    stage.faults.at(stage.faults.calls.count("createMessage") + 1, Fault.TAKEN_CLOSED, "createMessage")
    with pytest.raises(InDoubt):
        await stage.sender.send(stage.destination, message, {"1.png": b"1"}, tried)


async def test_a_lost_answer_is_found_in_history(stage: Stage) -> None:
    tried = attempt()
    await lost(stage, text("  Words  "), tried)
    receipt = await stage.sender.settle(stage.destination, text("  Words  "), tried)
    assert receipt is not None
    assert receipt.message_ids == (str(stage.state.messages(stage.channel.id)[0].id),)
    assert receipt.url is not None


async def test_a_message_that_may_still_be_late_is_not_called_absent(stage: Stage) -> None:
    """The next send may be held up until the nonce is forgotten, and then nothing merges it with a late first copy."""
    fresh = replace(attempt(), since=SystemClock().now())
    with pytest.raises(TryLater, match="on its way") as raised:
        await stage.sender.settle(stage.destination, text("a"), fresh)
    assert (raised.value.code, 0 < raised.value.after <= 10) == (EARLY, True)


async def test_pictures_without_words_are_told_apart_by_their_names(stage: Stage) -> None:
    first = replace(text(""), files=(Upload("1.png", "a.png"),))
    second = replace(text(""), files=(Upload("2.png", "b.png"),))
    await lost(stage, first, attempt())
    assert await stage.sender.settle(stage.destination, second, attempt()) is None
    assert await stage.sender.settle(stage.destination, first, attempt()) is not None


async def test_only_own_messages_after_the_known_ones_count(stage: Stage) -> None:
    earlier = await stage.sender.send(stage.destination, text("Same words"), {}, attempt(1))
    stage.state.say(stage.channel.id, stage.state.add_user("reader"), "Same words")
    tried = attempt(2, after=earlier.message_ids[0])
    assert await stage.sender.settle(stage.destination, text("Same words"), tried) is None


async def test_what_was_never_taken_is_known_to_be_absent_and_can_be_sent_again(stage: Stage) -> None:
    stage.faults.at(1, Fault.CLOSED_UNREAD, "createMessage")
    tried = attempt()
    with pytest.raises(InDoubt):
        await stage.sender.send(stage.destination, text("Words"), {}, tried)
    assert await stage.sender.settle(stage.destination, text("Words"), tried) is None
    await stage.sender.send(stage.destination, text("Words"), {}, tried)
    assert len(stage.state.messages(stage.channel.id)) == 1


async def test_a_history_the_bot_may_not_read_proves_nothing(stage: Stage) -> None:
    tried = attempt()
    await lost(stage, text("Words"), tried)
    stage.state.permit(stage.channel.id, PUBLISHER & ~Permission.READ_MESSAGE_HISTORY)
    with pytest.raises(InDoubt, match="Read Message History"):
        await stage.sender.settle(stage.destination, text("Words"), tried)


async def test_a_channel_that_is_closed_meanwhile_proves_nothing(stage: Stage) -> None:
    tried = attempt()
    await lost(stage, text("Words"), tried)
    stage.state.permit(stage.channel.id, Permission(0))
    with pytest.raises(InDoubt, match="can't be read"):
        await stage.sender.settle(stage.destination, text("Words"), tried)


async def test_a_channel_that_fills_up_faster_than_it_is_read_stays_in_doubt(stage: Stage) -> None:
    reader = stage.state.add_user("reader")
    for number in range(500):
        stage.state.say(stage.channel.id, reader, str(number))
    with pytest.raises(InDoubt, match="by hand"):
        await stage.sender.settle(stage.destination, text("Words"), attempt())


async def test_an_attempt_of_yesterday_is_still_found(stage: Stage) -> None:
    tried = attempt()
    await lost(stage, text("Words"), tried)
    older = replace(tried, since=tried.since - timedelta(days=1))
    assert await stage.sender.settle(stage.destination, text("Words"), older) is not None


async def test_a_copy_deleted_meanwhile_is_gone(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, text("Words"), {}, attempt())
    await stage.sender.delete(stage.destination, Place(receipt.message_ids))
    with pytest.raises(Gone):
        await stage.sender.send(stage.destination, text("Words"), {}, attempt())


# ---------------------------------------------------------------- the check

RIGHTS = (
    # a permission taken away, the words the check must find for it
    (Permission.SEND_MESSAGES, "Send Messages"),
    (Permission.ATTACH_FILES, "Attach Files"),
    (Permission.EMBED_LINKS, "Embed Links"),
    (Permission.READ_MESSAGE_HISTORY, "Read Message History"),
    (Permission.VIEW_CHANNEL, "can't see the channel"),
)


@pytest.mark.parametrize(("taken", "words"), RIGHTS)
async def test_a_missing_permission_is_named(stage: Stage, taken: Permission, words: str) -> None:
    stage.state.permit(stage.channel.id, PUBLISHER & ~taken)
    verdict = await stage.sender.check(stage.destination)
    assert not verdict.ok
    assert any(words in problem for problem in verdict.problems)


async def test_a_channel_of_another_kind_is_named(stage: Stage) -> None:
    forum = stage.state.add_channel(stage.channel.guild, "forum", ChannelType.FORUM)
    verdict = await stage.sender.check(replace(stage.destination, chat=str(forum.id)))
    assert "forum channel" in verdict.problems[0]


async def test_a_role_that_is_unknown_or_not_mentionable_is_named(stage: Stage) -> None:
    role = stage.state.add_role(stage.channel.guild, "readers")
    unknown = await stage.sender.check(replace(stage.destination, role="1"))
    closed = await stage.sender.check(replace(stage.destination, role=str(role.id)))
    assert "no role 1" in unknown.problems[0]
    assert "can't be mentioned" in closed.problems[0]


# ---------------------------------------------------------------- refusals


@dataclass
class Script:
    """A server that lets the bot log in and see a channel, and answers sends with each entry in turn."""

    answers: list[tuple[int, Any]]
    nonces: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        user = {"id": "1", "username": "weektech", "discriminator": "0", "avatar": None}
        known: dict[str, Any] = {
            "/api/v10/users/@me": user,
            "/api/v10/oauth2/applications/@me": {"id": "1", "name": "weektech", "icon": None, "description": ""}
            | {"bot_public": False, "bot_require_code_grant": False, "verify_key": "", "flags": 0, "team": None}
            | {"owner": user},
            "/api/v10/channels/5": {"id": "5", "type": 0, "guild_id": "4", "name": "weekly", "position": 0}
            | {"permission_overwrites": [], "parent_id": None},
        }
        if request.path in known:
            return _json(200, known[request.path])
        self.nonces.append((await request.json())["nonce"])
        status, body = self.answers.pop(0)
        return web.Response(status=status, text=body) if isinstance(body, str) else _json(status, body)


def _json(status: int, body: Any) -> web.Response:
    via = {"Via": "1.1 google"} if status == 429 else {}
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=via)


async def outcome(*answers: tuple[int, Any]) -> SendError:
    script = Script(list(answers))
    async with serve(script.app()) as base:
        sender = DiscordSender(TOKEN, base_url=base)
        await sender.open()
        with pytest.raises(SendError) as raised:
            await sender.send(Destination("d", "discord", Kind.TEXT, "5"), text("Words"), {}, attempt())
        await sender.close()
    assert script.nonces == ["nonce-1"] * len(answers)
    return raised.value


CODES: tuple[tuple[int, int, type[SendError]], ...] = (
    # HTTP status, Discord's code, what the caller should do
    (401, 0, TokenRejected),
    (401, 50014, TokenRejected),
    (403, 50001, ChatClosed),
    (403, 50013, ChatClosed),
    (404, 10003, ChatClosed),
    (404, 10008, Gone),
    (400, 40058, ChatClosed),
    (400, 50008, ChatClosed),
    (400, 50006, Rejected),
    (400, 50035, Rejected),
    (400, 30015, Rejected),
    (400, 40005, Rejected),
    (413, 40005, Rejected),
    (400, 200000, Rejected),
    (400, 240000, Rejected),
    (400, 99999, Rejected),
    (400, 20028, TryLater),
    (400, 130000, TryLater),
    (403, 0, TryLater),
    (404, 0, InDoubt),
    (503, 0, InDoubt),
)


@pytest.mark.parametrize(("status", "code", "expected"), CODES)
async def test_what_discords_own_refusals_mean(status: int, code: int, expected: type[SendError]) -> None:
    assert type(await outcome((status, {"code": code, "message": "no"}))) is expected


STRANGERS: tuple[tuple[int, type[SendError]], ...] = (
    # what somebody in front of Discord answers with a page
    (403, TryLater),
    (429, TryLater),
    (401, InDoubt),
    (404, InDoubt),
    (400, InDoubt),
    (200, InDoubt),
)


@pytest.mark.parametrize(("status", "expected"), STRANGERS)
async def test_an_answer_by_somebody_else(status: int, expected: type[SendError]) -> None:
    assert type(await outcome((status, "<html>Welcome</html>"))) is expected


async def test_a_refusal_after_a_server_error_leaves_the_first_try_in_doubt() -> None:
    assert type(await outcome((500, {}), (400, {"code": 50035, "message": "no"}))) is InDoubt


async def test_a_long_rate_window_is_handed_back() -> None:
    error = await outcome((429, {"message": "slow", "retry_after": 3600.0, "global": False}))
    assert isinstance(error, TryLater)
    assert error.after == 3600.0


UNKNOWN = (
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientPayloadError(),
    TimeoutError(),
    OSError(104),
    KeyError("id"),
)


@pytest.mark.parametrize("error", UNKNOWN, ids=repr)
def test_everything_not_known_to_be_harmless_is_in_doubt(error: Exception) -> None:
    assert type(classify(error)) is InDoubt


async def test_the_address_of_discord_is_put_back_when_a_rehearsal_ends() -> None:
    before = Route.BASE
    async with rehearsal() as stage:
        assert stage.sender is not None
        assert before != Route.BASE
    assert before == Route.BASE


async def test_a_dead_proxy_is_tried_later() -> None:
    sender = DiscordSender(TOKEN, base_url="http://127.0.0.1:1", proxy="http://user:word@127.0.0.1:1")
    with pytest.raises(TryLater, match="proxy"):
        await sender.open()


async def test_two_channels_do_not_wait_for_each_other(stage: Stage) -> None:
    other = stage.state.add_channel(stage.channel.guild, "other")
    second = replace(stage.destination, chat=str(other.id))
    await asyncio.gather(
        stage.sender.send(stage.destination, text("One"), {}, attempt(1)),
        stage.sender.send(second, text("Two"), {}, attempt(2)),
    )
    assert [each.content for each in stage.state.messages(other.id)] == ["Two"]

"""A listening bot made with the client library, and readers of the local Telegram, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, error
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, InlineQueryHandler
from telegram.request import HTTPXRequest

from bots.clock import SystemClock
from bots.rehearsal.faults import Fault, Faults
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import People, Role, Telegram, make_app
from tests.telegram_readers import CHANNEL, GROUP, OTHER, READER, TALK, stage
from tests.telegram_world import TOKEN, picture

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Join", callback_data="join")]])


@asynccontextmanager
async def library(base: str) -> AsyncIterator[telegram.Bot]:
    bot = telegram.Bot(TOKEN, f"{base}/bot", request=HTTPXRequest(), get_updates_request=HTTPXRequest())
    async with bot:
        yield bot


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the server has nothing to wait on
        await asyncio.sleep(0.005)


async def joined(update: telegram.Update, context: Any) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer(f"Hello {update.callback_query.from_user.first_name}", show_alert=True)
    await update.callback_query.edit_message_reply_markup(None)


async def started(update: telegram.Update, context: Any) -> None:
    assert update.message is not None
    await update.message.reply_text(f"payload {context.args}", reply_markup=KEYBOARD)


async def searched(update: telegram.Update, context: Any) -> None:
    assert update.inline_query is not None
    text = telegram.InputTextMessageContent(f"found {update.inline_query.query}")
    await update.inline_query.answer([telegram.InlineQueryResultArticle("1", "One", text)])


@asynccontextmanager
async def listening(world: Telegram) -> AsyncIterator[None]:
    """An unmodified polling application with three handlers."""
    async with serve(make_app(world)) as base:
        app = Application.builder().token(TOKEN).base_url(f"{base}/bot").build()
        app.add_handlers([CommandHandler("start", started), CallbackQueryHandler(joined), InlineQueryHandler(searched)])
        async with app:
            assert app.updater is not None
            await app.start()
            await app.updater.start_polling(allowed_updates=telegram.Update.ALL_TYPES, timeout=1)
            yield
            await app.updater.stop()
            await app.stop()


async def test_an_application_talks_with_readers() -> None:
    world = stage(SystemClock(), inline=True)
    people = People(world)
    async with listening(world):
        people.start(READER, "issue-12")
        chat = world.chats[READER.id]
        await until(lambda: len(chat.messages) == 2)
        assert chat.messages[1].text == "payload ['issue-12']"
        pressed = people.press(READER.id, chat.messages[1].id, READER, "Join")
        await until(lambda: chat.messages[1].content.markup is None)
        assert pressed.answer is not None
        assert (pressed.answer.text, pressed.answer.alert) == ("Hello Reader", True)
        asked = people.inline(READER, "12")
        await until(lambda: asked.results is not None)
        assert people.choose(asked, "1", GROUP).text == "found 12"


async def test_the_library_reads_everything_readers_do() -> None:
    world = stage(SystemClock(speed=100))
    people = People(world)
    async with serve(make_app(world)) as base, library(base) as bot:
        number = (await bot.send_message(CHANNEL, "post", reply_markup=KEYBOARD)).message_id
        comment = people.comment(CHANNEL, number, READER, "comment")
        people.show(TALK, OTHER, picture(), "look", reply_to=comment.id)
        people.say(TALK, READER, "anonymous", as_chat=TALK)
        people.edit(TALK, comment.id, "comment, better")
        people.react(TALK, comment.id, OTHER, ["👍"])
        people.react(CHANNEL, number, OTHER, ["🔥"])
        people.press(CHANNEL, number, OTHER, "join")
        people.appoint(TALK, OTHER, Role.ADMINISTRATOR)
        updates: list[telegram.Update] = []
        while not any(update.message_reaction_count for update in updates):
            offset = updates[-1].update_id + 1 if updates else 0
            updates += await bot.get_updates(offset=offset, timeout=10)
        administrators = await bot.get_chat_administrators(TALK)
    copy, first, shown, anonymous = (update.message for update in updates if update.message)
    assert (copy.is_automatic_forward, first.message_thread_id) == (True, copy.message_id)
    assert (shown.caption, shown.message_thread_id) == ("look", copy.message_id)
    assert shown.reply_to_message is not None
    assert shown.reply_to_message.text == "comment"
    assert anonymous.sender_chat is not None
    assert anonymous.sender_chat.id == TALK
    kinds = ("edited_message", "message_reaction", "message_reaction_count", "callback_query", "chat_member")
    for kind in kinds:
        assert len([update for update in updates if getattr(update, kind)]) == 1, kind
    assert isinstance(administrators[0], telegram.ChatMemberAdministrator)
    assert administrators[0].user.id == OTHER.id


async def test_the_library_sets_what_a_bot_says_of_itself() -> None:
    async with serve(make_app(stage(SystemClock()))) as base, library(base) as bot:
        commands = [telegram.BotCommand("latest", "最新一期")]
        await bot.set_my_commands(commands, telegram.BotCommandScopeAllPrivateChats(), "zh")
        assert await bot.get_my_commands(telegram.BotCommandScopeAllPrivateChats(), "zh") == tuple(commands)
        assert await bot.get_my_commands() == ()
        await bot.set_my_description("A column", "en")
        await bot.set_my_short_description("Weekly")
        assert (await bot.get_my_description("en")).description == "A column"
        assert (await bot.get_my_short_description()).short_description == "Weekly"
        await bot.set_chat_menu_button(menu_button=telegram.MenuButtonCommands())
        assert isinstance(await bot.get_chat_menu_button(), telegram.MenuButtonCommands)


async def test_refusals_reach_the_library_as_its_own_errors() -> None:
    world = stage(SystemClock())
    people = People(world)
    people.start(READER)
    people.block(READER)
    async with serve(make_app(world)) as base, library(base) as bot:
        with pytest.raises(error.Forbidden, match="blocked by the user"):
            await bot.send_message(READER.id, "x")
        with pytest.raises(error.BadRequest, match=r"(?i)button_data_invalid"):
            await bot.send_message(
                CHANNEL, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="d" * 65)]])
            )
        with pytest.raises(error.BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query("1")


async def test_an_answer_that_is_lost_on_the_way_was_still_given() -> None:
    world, faults = stage(SystemClock()), Faults()
    faults.at(1, Fault.TAKEN_CLOSED, "answerCallbackQuery")
    async with serve(make_app(world, faults)) as base, library(base) as bot:
        number = (await bot.send_message(CHANNEL, "post", reply_markup=KEYBOARD)).message_id
        pressed = People(world).press(CHANNEL, number, READER, "join")
        with pytest.raises(error.NetworkError):
            await bot.answer_callback_query(pressed.id, "hello")
        assert pressed.answer is not None

"""Every kind of chat on the rehearsal's page: topics, groups, threads, forums, copies, pins and embeds."""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

from PIL import Image

from bots import pages
from bots.clock import SystemClock
from bots.pages import rehearsal_page
from bots.pages.markup import html
from bots.rehearsal.discord import reach, threads
from bots.rehearsal.discord.model import Channel, ChannelType, Emoji, Permission
from bots.rehearsal.discord.people import People as DiscordPeople
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.thread_forms import ThreadChange, ThreadForm
from bots.rehearsal.discord.validation import read_form
from bots.rehearsal.discord.wire import FilePart
from bots.rehearsal.show_discord import discord_view
from bots.rehearsal.show_telegram import telegram_view
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, File, People, Telegram, User

TOKEN = "123456789:" + "A" * 35
CHANNEL, GROUP = -1001, -1002


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (60, 40)).save(held, "PNG")
    return held.getvalue()


# ---------------------------------------------------------------- Telegram


def telegram(**group: Any) -> Telegram:
    channel = Chat(CHANNEL, title="周刊", linked=GROUP, can_edit=True)
    group = {"title": "讨论", "last_id": 1, **group}
    return Telegram([Bot(TOKEN)], [channel, Chat(GROUP, ChatKind.SUPERGROUP, **group)], SystemClock(), NO_LIMITS)


def call(server: Telegram, method: str, chat: int, files: dict[str, File] | None = None, **params: Any) -> None:
    reply = server.call(TOKEN, method, {"chat_id": chat, **params}, files or {})
    assert reply.status == 200, reply


def test_a_topic_shows_only_what_was_said_in_it() -> None:
    server = telegram(forum=True, can_manage_topics=True)
    topic = People(server).open_topic(GROUP, "一期")
    call(server, "sendMessage", GROUP, text="elsewhere")
    call(server, "sendMessage", GROUP, text="here", message_thread_id=topic.id)
    view = telegram_view(server.chats[GROUP], UTC, topic=topic.id)
    assert (view.title, view.kind) == ("讨论 › 一期", "forum topic")
    assert [message.nodes for message in view.messages] == [("here",)]


def test_a_channels_post_in_its_discussion_group_is_the_channels() -> None:
    server = telegram(linked=CHANNEL)
    call(server, "sendMessage", CHANNEL, text="post")
    People(server).say(GROUP, User(7, "读者"), "评论")
    view = telegram_view(server.chats[GROUP], UTC)
    assert (view.kind, view.names) == ("discussion group", True)
    assert [(each.author, each.source) for each in view.messages] == [
        ("周刊", "forwarded from the channel"),
        ("读者", ""),
    ]


def test_pinned_messages_and_files_are_shown_as_such() -> None:
    server = telegram()
    call(server, "sendMessage", CHANNEL, text="first")
    call(server, "sendDocument", CHANNEL, {"d": File("长图.png", picture())}, document="attach://d", caption="图")
    call(server, "pinChatMessage", CHANNEL, message_id=1)
    first, second = telegram_view(server.chats[CHANNEL], UTC).messages
    assert (first.pinned, second.pinned) == (True, False)
    assert [(each.name, second.pictures) for each in second.files] == [("长图.png", ())]


def test_keyboards_and_reactions_stand_under_their_message_and_do_nothing() -> None:
    server = telegram()
    rows = [[{"text": "订阅 <b>", "callback_data": "join"}], [{"text": "原文", "url": "https://example.org/a"}]]
    call(server, "sendMessage", CHANNEL, text="post", reply_markup={"inline_keyboard": rows})
    people = People(server)
    for reader, chosen in ((7, ["👍"]), (8, ["👍", "5368324170671202286"]), (9, ["⭐"])):
        people.react(CHANNEL, 1, User(reader), chosen)
    view = telegram_view(server.chats[CHANNEL], UTC)
    (shown,) = view.messages
    assert [[(key.text, key.effect) for key in row] for row in shown.buttons] == [
        [("订阅 <b>", "asks the bot: join")],
        [("原文", "opens https://example.org/a")],
    ]
    assert [(each.emoji, each.count) for each in shown.reactions] == [("👍", 2), ("🔣", 1), ("⭐", 1)]
    page = rehearsal_page([view])
    assert '<span class="key" title="asks the bot: join">订阅 &lt;b&gt;</span>' in page
    assert '<span class="reaction">👍 2</span>' in page
    assert "<button" not in page
    assert 'href="https://example.org/a"' not in page


def test_whoever_speaks_as_a_chat_is_shown_as_that_chat() -> None:
    server = telegram()
    People(server).say(GROUP, User(7, "管理员"), "公告", as_chat=GROUP)
    assert [message.author for message in telegram_view(server.chats[GROUP], UTC).messages] == ["讨论"]


# ---------------------------------------------------------------- Discord


def discord() -> tuple[State, Channel]:
    state = State(SystemClock())
    return state, state.add_channel(state.add_guild("周刊").id, "news", ChannelType.ANNOUNCEMENT)


def say(state: State, channel: int, content: str, **more: Any) -> int:
    return state.post(channel, read_form({"content": content, **more}), ()).id


def test_a_thread_hangs_on_its_message() -> None:
    state, news = discord()
    head = say(state, news.id, "head")
    thread = threads.start_from(state, state.message(news.id, head), ThreadForm("一期", 1440))
    say(state, thread.id, "section")
    say(state, news.id, "next head")
    first, second = discord_view(state, news.id, UTC).messages
    assert first.thread is not None
    assert (first.thread.title, second.thread) == ("一期", None)
    assert [message.nodes for message in first.thread.messages] == [("section",)]


def test_a_forum_shows_its_posts_the_newest_first_with_their_tags() -> None:
    state, news = discord()
    forum = state.add_forum(news.guild, "archive", ["AI", "工具"])
    for name in ("第一期", "第二期"):
        post = threads.start_post(state, forum, ThreadForm(name, 1440, (forum.tags[1].id,)))
        state.post(post.id, read_form({"content": name}), (), number=post.id)
    assert post.thread is not None
    threads.change(state, post, post.thread, ThreadChange(archived=True, locked=True))
    view = discord_view(state, forum.id, UTC)
    assert [(post.title, post.tags, post.marks) for post in view.posts] == [
        ("第二期", ("工具",), ("archived", "locked")),
        ("第一期", ("工具",), ()),
    ]
    assert (view.messages, view.spoken) == ((), 2)


def test_a_published_message_and_its_copy_say_so() -> None:
    state, news = discord()
    feed = state.add_channel(state.add_guild("Elsewhere").id, "feed")
    reach.follow(state, news, feed)
    head = say(state, news.id, "head")
    reach.crosspost(state, state.message(news.id, head))
    (source,) = discord_view(state, news.id, UTC).messages
    (copy,) = discord_view(state, feed.id, UTC).messages
    assert (source.published, source.source) == (True, "")
    assert (copy.published, copy.source, copy.author) == (False, "copy of an announcement", "周刊 #news")
    assert discord_view(state, feed.id, UTC).kind == "follower"


def test_a_pin_leaves_a_note_that_is_no_message() -> None:
    state, news = discord()
    reach.pin(state, state.message(news.id, say(state, news.id, "head")))
    view = discord_view(state, news.id, UTC)
    assert [(each.pinned, each.note) for each in view.messages] == [
        (True, ""),
        (False, "weektech pinned a message to this channel."),
    ]
    assert view.spoken == 1


def test_an_embed_is_a_box_that_holds_the_picture_it_names() -> None:
    state, news = discord()
    embed = {
        "title": "题",
        "url": "https://example.org/",
        "description": "**摘要**",
        "fields": [{"name": "目录", "value": "一"}],
        "image": {"url": "attachment://a.png"},
        "footer": {"text": "周刊"},
    }
    files = FilePart(0, "a.png", picture()), FilePart(1, "b.png", picture())
    state.post(news.id, read_form({"embeds": [embed]}), files)
    (shown,) = discord_view(state, news.id, UTC).messages
    (box,) = shown.embeds
    assert (box.title, box.href, box.footer) == ("题", "https://example.org/", "周刊")
    assert html(box.nodes) == "<strong>摘要</strong>\n\n<strong>目录</strong>\n一"
    assert (box.picture is not None, len(shown.pictures)) == (True, 1)
    state.permit(news.id, news.permissions & ~Permission.EMBED_LINKS)
    state.post(news.id, read_form({"content": "x", "embeds": [embed]}), ())
    assert discord_view(state, news.id, UTC).messages[-1].embeds == ()


def test_buttons_and_reactions_stand_under_their_message_and_do_nothing() -> None:
    state, news = discord()
    rows = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "<b>订阅", "custom_id": "a"}]}]
    head = say(state, news.id, "head", components=rows)
    message, people = state.message(news.id, head), DiscordPeople(state)
    for name in ("一", "二"):
        people.react(message, state.add_user(name), "👍")
    state.emojis[7] = Emoji("weektech", 7)
    people.react(message, state.add_user("三"), "weektech:7")
    view = discord_view(state, news.id, UTC)
    (shown,) = view.messages
    assert [button.text for row in shown.buttons for button in row] == ["<b>订阅"]
    assert [(each.emoji, each.count) for each in shown.reactions] == [("👍", 2), (":weektech:", 1)]
    page = rehearsal_page([view])
    assert '<span class="button">&lt;b&gt;订阅</span>' in page
    assert '<span class="reaction">👍 2</span>' in page
    assert "<button" not in page


# ---------------------------------------------------------------- the page


def test_chats_of_one_platform_keep_their_anchors_apart() -> None:
    message = telegram()
    call(message, "sendMessage", CHANNEL, text="x")
    views = [telegram_view(message.chats[CHANNEL], UTC, anchor=name) for name in ("telegram-a", "telegram-b")]
    shown = rehearsal_page(views)
    for words in ('id="telegram-a"', 'href="#telegram-b"', 'id="telegram-a-1"', 'href="#telegram-b-1"'):
        assert shown.count(words) >= 1


def test_counts_take_threads_and_posts_along() -> None:
    one = pages.Message("1", SystemClock().now(), "weektech", pictures=(pages.Picture("/a"),))
    chat = pages.Chat("discord", "D", (one,), posts=(pages.Thread("2", "T", (one, one)),))
    assert (chat.spoken, chat.pictures) == (3, 3)
    assert "3 messages · 3 pictures" in rehearsal_page([chat])

"""Inline mode: a query typed behind the bot's name, the bot's results, and the one that is chosen (telegram.md 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bots.rehearsal.telegram.callbacks import TOO_OLD
from bots.rehearsal.telegram.drafts import draft
from bots.rehearsal.telegram.keyboards import keyboard
from bots.rehearsal.telegram.params import Params, required_string
from bots.rehearsal.telegram.questions import Question, Result, Results
from bots.rehearsal.telegram.replies import BotApiError, Json, bad_request
from bots.rehearsal.telegram.state import Bot, Call, State
from bots.rehearsal.telegram.text import formatted
from bots.rehearsal.telegram.values import Chat, ChatKind, Content, MediaKind, Message, User
from bots.rehearsal.telegram.wire import inline_id, person_json, user_json

ANSWERABLE = timedelta(seconds=30)
"""As long as the server keeps the query for the bot."""
WHAT = "inline query result"
MOST = 50
ID_BYTES = 64
QUERY_LENGTH = 256
LONGEST_CACHE = 86400
WITH_FILES = {"photo": MediaKind.PHOTO, "document": MediaKind.DOCUMENT}
ANYWHERE = Chat(0, ChatKind.PRIVATE)
"""Where a result will be sent isn't known when it is offered."""


def ask(state: State, bot: Bot, user: User, text: str, offset: str = "") -> Question:
    """Type a query; the bot hears of it unless its last answer still stands. Raises ValueError."""
    if not bot.inline:
        raise ValueError(f"@{bot.username} has no inline mode")
    if len(text) > QUERY_LENGTH:
        raise ValueError(f"an inline query has at most {QUERY_LENGTH} characters")
    asked = Question(state.next_query(), bot.id, user, text, offset, state.clock.now(), _cached(state, bot, user, text))
    state.questions[asked.id] = asked
    if asked.results is None:
        query = {"id": asked.id, "from": person_json(user), "query": text, "offset": offset}
        state.inboxes[bot.id].put("inline_query", query)
    return asked


def _cached(state: State, bot: Bot, user: User, text: str) -> Results | None:
    """The servers' copy of an answer to the same words, the user's own if it was personal."""
    now = state.clock.now()
    for before in reversed(state.questions.values()):
        known = before.results
        if known is None or known.since is None or before.bot != bot.id or before.text != text or before.offset:
            continue
        fresh = now - known.since < timedelta(seconds=known.cached)
        if fresh and (not known.personal or before.user.id == user.id):
            return known
    return None


def choose(state: State, bot: Bot, asked: Question, result: str, chat: Chat) -> Message:
    """Send one of the results; the message is the user's, the bot hears that it was chosen. Raises ValueError."""
    items = asked.results.items if asked.results else ()
    chosen = next((item for item in items if item.id == result), None)
    if chosen is None:
        raise ValueError(f"the bot offered no result {result!r}")
    author = None if chat.kind is ChatKind.CHANNEL else asked.user
    sent = Message(state.next_id(chat), state.clock.now(), 0, chosen.content, author=author, via=user_json(bot))
    told = {"result_id": chosen.id, "from": person_json(asked.user), "query": asked.text}
    if chosen.content.markup:  # without a keyboard nobody could ever find the message again
        told["inline_message_id"] = inline_id(chat, sent)
    state.inboxes[bot.id].put("chosen_inline_result", told)
    return sent


def answer_inline_query(call: Call) -> Json:
    """Not limited in rate."""
    listed = call.params.json("results", "inline query results")
    items = tuple(_result(call, value) for value in _array(listed))
    button = call.params.json("button", "inline query results button")
    asked = call.state.questions.get(call.params.text("inline_query_id"))
    now = call.state.clock.now()
    if asked is None or asked.bot != call.bot.id or now - asked.since > ANSWERABLE:
        raise bad_request(TOO_OLD)
    if len({item.id for item in items}) < len(items):
        raise bad_request("RESULT_ID_DUPLICATE")
    following = call.params.text("next_offset")
    if len(following.encode("utf-8", "surrogatepass")) > ID_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    personal = call.params.flag("is_personal")
    asked.results = Results(items, _seconds(call.params), personal, following, button, now)
    return True


def _seconds(params: Params) -> int:
    given = params.integer("cache_time") if params.text("cache_time") else 300
    return max(0, min(LONGEST_CACHE, given))


def _array(listed: Json) -> list[Json]:
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of inline query results")
    if len(listed) > MOST:
        raise bad_request("Too many inline query results specified")
    return listed


def _result(call: Call, value: Json) -> Result:
    if not isinstance(value, dict):
        raise _unreadable("Inline query result must be an object")
    kind, name = required_string(value, "type", WHAT).lower(), required_string(value, "id", WHAT)
    if not 1 <= len(name.encode("utf-8", "surrogatepass")) <= ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if kind == "article":
        title, content = required_string(value, "title", WHAT), _written(value)
    elif kind in WITH_FILES:
        title, content = str(value.get("title") or ""), _with_file(call, value, WITH_FILES[kind])
    else:
        raise _unreadable(f'type "{kind}" is unsupported for the inline query result')
    markup = keyboard(value.get("reply_markup"), ANYWHERE, only_inline=True)
    return Result(name, title, replace(content, markup=markup), value)


def _written(value: Mapping[str, Json]) -> Content:
    """The text a result becomes; an article must have one."""
    held = value.get("input_message_content")
    if not isinstance(held, dict):
        raise _unreadable('Can\'t find field "message_text"')
    if not held.get("message_text"):
        raise _unreadable("Message text is empty")
    written = draft(str(held["message_text"]), held.get("entities"), held.get("parse_mode"))
    text, entities = formatted(written)
    return Content(text, entities, preview=held.get("link_preview_options"))


def _with_file(call: Call, value: Mapping[str, Json], kind: MediaKind) -> Content:
    if value.get(f"{kind}_url"):
        # There is no web behind the rehearsal.
        raise bad_request("failed to get HTTP URL content")
    if value.get("input_message_content") is not None:
        return _written(value)
    media = call.state.shelf.known(call.bot.id, required_string(value, f"{kind}_file_id", WHAT), kind)
    written = draft(str(value.get("caption") or ""), value.get("caption_entities"), value.get("parse_mode"))
    text, entities = formatted(written, caption=True)
    return Content(text, entities, media, caption_above=bool(value.get("show_caption_above_media")))


def _unreadable(why: str) -> BotApiError:
    return bad_request(f"Can't parse {WHAT}: {why}")

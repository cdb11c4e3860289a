"""The routes of answers to interactions. Their addresses carry a token of their own; nobody logs in (discord.md 6)."""

from __future__ import annotations

from bots.rehearsal.discord import answering
from bots.rehearsal.discord.desk import Desk, Names, snowflake_of
from bots.rehearsal.discord.interactions import Interaction
from bots.rehearsal.discord.model import Flag, Message
from bots.rehearsal.discord.validation import check_files
from bots.rehearsal.discord.wire import Answer, Call, Refused


def callback(desk: Desk, call: Call, names: Names) -> Answer:
    number = snowflake_of("interaction_id", names["interaction_id"])
    interaction = answering.find(desk.state, names["token"], number)
    check_files(call.files, call.size)
    message = answering.acknowledge(desk.state, interaction, call.body, call.files)
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return Answer(204)
    shown = desk.message_json(message, call) if message else None
    loading = message is not None and Flag.LOADING in message.flags
    return Answer(200, interaction.callback_json(shown, loading=loading))


def follow_up(desk: Desk, call: Call, names: Names) -> Answer:
    interaction = _webhook(desk, names)
    check_files(call.files, call.size)
    return Answer(200, desk.message_json(answering.follow_up(desk.state, interaction, call.body, call.files), call))


def get_answer(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, desk.message_json(_message(desk, names), call))


def edit_answer(desk: Desk, call: Call, names: Names) -> Answer:
    message = _message(desk, names)
    check_files(call.files, call.size)
    return Answer(200, desk.message_json(answering.change(desk.state, message, call.body, call.files), call))


def delete_answer(desk: Desk, call: Call, names: Names) -> Answer:
    desk.state.delete(_message(desk, names))
    return Answer(204)


def _webhook(desk: Desk, names: Names) -> Interaction:
    return answering.find_webhook(desk.state, snowflake_of("webhook_id", names["webhook_id"]), names["token"])


def _message(desk: Desk, names: Names) -> Message:
    """The answer that the path names; `@original` is the first one."""
    interaction = _webhook(desk, names)
    asked = names["message_id"]
    number = interaction.original if asked == "@original" else snowflake_of("message_id", asked)
    found = answering.spoken(desk.state, interaction, number)
    if found is None:
        raise Refused(404, 10008, "Unknown Message")
    return found

"""The bot's answers to interactions: the first, its later versions, and what follows (discord.md 6).

An answer that only one person sees is kept among the state's `whispers`, never in a channel's history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.rehearsal.discord.forms import Allowed, Form
from bots.rehearsal.discord.interactions import FITTING, Interaction, Reply
from bots.rehearsal.discord.model import NO_FLAGS, Flag, Message
from bots.rehearsal.discord.problems import Problems, refuse_field
from bots.rehearsal.discord.reply_forms import read_choices, read_modal
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.validation import integer_field, read_form
from bots.rehearsal.discord.wire import FilePart, Json, Refused

USERS_ONLY = Allowed(parse=frozenset({"users"}))
"""Whom an answer may notify unless it says otherwise (discord.md 3.1)."""


def find(state: State, token: str, number: int | None = None) -> Interaction:
    """The interaction behind a callback's address; Refused 10062 when there is none or it is too late."""
    found = state.interactions.get(token)
    if found is None or found.id != number or found.late(state.clock.now()):
        raise Refused(404, 10062, "Unknown interaction")
    return found


def find_webhook(state: State, application: int, token: str) -> Interaction:
    """The interaction behind a webhook's address, once it was answered and while its token is good."""
    found = state.interactions.get(token)
    if found is None or application != state.bot.id or found.waiting:
        raise Refused(404, 10015, "Unknown Webhook")
    if found.expired(state.clock.now()):
        raise Refused(401, 50027, "Invalid Webhook Token")
    return found


def acknowledge(state: State, interaction: Interaction, body: Json, files: Sequence[FilePart]) -> Message | None:
    """The first answer; gives the message it made or changed. Refused 40060 if there was one before."""
    if not interaction.waiting:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    reply = _reply(interaction, body)
    data = body.get("data") or {}
    if not isinstance(data, dict):
        raise refuse_field("data", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
    message = _carry_out(state, interaction, reply, data, files)
    interaction.reply, interaction.acknowledged = reply, state.clock.now()
    interaction.original = message.id if message else None
    if message and reply in (Reply.MESSAGE, Reply.LATER):
        interaction.written.append(message.id)
        interaction.ephemeral = Flag.EPHEMERAL in message.flags
    return message


def follow_up(state: State, interaction: Interaction, body: Json, files: Sequence[FilePart]) -> Message:
    """A further message; the first one after a promise is what was promised, seen by whom it was promised to."""
    promised = spoken(state, interaction, interaction.original) if interaction.reply is Reply.LATER else None
    if promised is not None and Flag.LOADING in promised.flags:
        return change(state, promised, body, files)
    message = _say(state, interaction, body, files)
    interaction.written.append(message.id)
    return message


def change(state: State, message: Message, body: Json, files: Sequence[FilePart]) -> Message:
    """Another version of an answer."""
    settled = replace(message, flags=message.flags & ~Flag.LOADING)
    form = _allowing_less(body, new=Flag.COMPONENTS_V2 in message.flags)
    return state.edit(settled, form, files, given=frozenset(body))


def spoken(state: State, interaction: Interaction, number: int | None) -> Message | None:
    """One of the interaction's messages as it stands now, None when it isn't one or is gone."""
    if number is None or number not in (*interaction.written, interaction.original):
        return None
    return state.find(interaction.channel.id, number)


def _reply(interaction: Interaction, body: Json) -> Reply:
    fitting = set(FITTING[interaction.kind])
    if interaction.message is None:
        fitting -= {Reply.UPDATE, Reply.UPDATE_LATER}
    problems = Problems()
    number = integer_field(problems, ["type"], body.get("type"))
    if not problems.tree and number not in fitting:
        text = f"Value must be one of {{{', '.join(str(int(each)) for each in sorted(fitting))}}}."
        problems.add(["type"], "BASE_TYPE_CHOICES", text)
    problems.settle()
    return Reply(number)


def _carry_out(
    state: State, interaction: Interaction, reply: Reply, data: Json, files: Sequence[FilePart]
) -> Message | None:
    match reply:
        case Reply.MESSAGE:
            return _say(state, interaction, data, files)
        case Reply.LATER:
            return _promise(state, interaction, data)
        case Reply.UPDATE:
            return change(state, _under(state, interaction), data, files)
        case Reply.UPDATE_LATER:
            return _under(state, interaction)
        case Reply.CHOICES:
            interaction.choices = read_choices(data)
        case Reply.FORM:
            interaction.form = read_modal(data)
    return None


def _under(state: State, interaction: Interaction) -> Message:
    """The component's message as it stands now."""
    asked = interaction.message
    found = state.find(asked.channel, asked.id) if asked else None
    if found is None:
        raise Refused(404, 10008, "Unknown Message")
    return found


def _say(state: State, interaction: Interaction, data: Json, files: Sequence[FilePart]) -> Message:
    form = replace(_allowing_less(data), nonce=None, enforce_nonce=False, reply_to=None)
    message = state.draft(interaction.channel.id, form, files)
    return state.keep(replace(message, flags=message.flags | _privacy(data), webhook=state.bot.id))


def _promise(state: State, interaction: Interaction, data: Json) -> Message:
    flags = Flag.LOADING | _privacy(data)
    number, now = state.new_id(), state.clock.now()
    return state.keep(Message(number, interaction.channel.id, state.bot, "", now, flags=flags, webhook=state.bot.id))


def _privacy(data: Json) -> Flag:
    return Flag.EPHEMERAL if integer_field(Problems(), ["flags"], data.get("flags") or 0) & Flag.EPHEMERAL else NO_FLAGS


def _allowing_less(data: Json, *, new: bool = False) -> Form:
    form = read_form(data, new=new)
    return form if "allowed_mentions" in data else replace(form, allowed=USERS_ONLY)

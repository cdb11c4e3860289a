"""Telegram's refusals and network failures, translated once into what the caller should do (telegram.md 6 and 7.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import httpx
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from bots.errors import (
    ChatClosed,
    Gone,
    InDoubt,
    NotSent,
    ReaderGone,
    Rejected,
    SendError,
    TokenRejected,
    TryLater,
)
from bots.redaction import Redactor


class Unchanged(NotSent):
    """An edit that would change nothing: the message is already as wanted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A fragment of Telegram's description, in lower case, and what it means.

    python-telegram-bot changes the case of descriptions, so they are compared without regard to it.
    """

    fragment: str
    error: type[SendError]
    what: str
    remedy: str = ""


_RIGHTS = "Make the bot an administrator of the chat with the right to post messages."
_GROUP = "Make the bot an administrator, or allow members to send this in the group's permissions."
_TOPIC = "Open it, or give the bot the right to manage topics."
_PIN = "Give it the right to edit messages in a channel, to pin messages in a group; or set `pin: false`."
_CONTENT = "The section has to be rendered differently; please report it with the post."
_PICTURE = "Replace the picture or save it again as JPEG or PNG."
_NETWORK = "Check the network or the proxy."
_HOOK = "If nothing else uses it, take it away with the Bot API's deleteWebhook."
_ONE = "Stop the other one: of all that share a token one can listen. Until then this one tries again by itself."
_ADDRESS = "Correct telegram.webhook.url: https, a name that the internet knows, port 443, 80, 88 or 8443."
_ALBUM = "Part of an album may be out there. Look at the chat before anything is sent again."

TABLE: tuple[Row, ...] = (
    # Edits and deletions.
    Row("message is not modified", Unchanged, "The message is already as it should be."),
    Row("message to edit not found", Gone, "The message to edit does not exist any more."),
    Row("message to delete not found", Gone, "The message to delete does not exist any more."),
    Row("message can't be edited", Rejected, "Telegram does not let the bot edit this message.", "Only its own posts."),
    Row("message can't be deleted", Rejected, "Telegram does not let the bot delete it.", "Delete it by hand."),
    Row("there is no text in the message to edit", Rejected, "The message out there has no text to edit."),
    Row("there is no caption in the message to edit", Rejected, "The message out there has no caption to edit."),
    # Pinning; the chat stays open for everything else.
    Row("manage pinned messages", Rejected, "The issue is out there, but the bot may not pin it.", _PIN),
    # Telegram's word for a pin that is there already; whether bots get to hear it is written nowhere.
    Row("chat_not_modified", Unchanged, "The message is pinned already."),
    Row("message to pin not found", Gone, "The message to pin does not exist any more."),
    Row("message can't be pinned", Rejected, "Telegram can't pin this message.", "Pin it by hand."),
    # Outcome unknown although the server answered: the picture has been seen to go out all the same (telegram.md 2).
    Row("image_process_failed", InDoubt, "Telegram failed on a picture; it may have been posted.", _PICTURE),
    Row("failed to send message #", InDoubt, "Telegram failed on one picture of an album.", _ALBUM),
    Row("group send failed", InDoubt, "Telegram failed on an album.", _ALBUM),
    # The chat.
    Row("chat not found", ChatClosed, "Telegram does not know the chat.", "Check `chat`, and add the bot to the chat."),
    Row("was kicked from", ChatClosed, "The bot was removed from the chat.", "Let it in again."),
    Row("is not a member of", ChatClosed, "The bot is not in the chat.", "Add it as an administrator."),
    Row("chat was deleted", ChatClosed, "The chat was deleted.", "Remove the destination from config.yaml."),
    Row("bot was blocked by the user", ReaderGone, "The reader blocked the bot."),
    Row("user is deactivated", ReaderGone, "The reader's account is gone."),
    Row("can't initiate conversation", ReaderGone, "The reader has not started the bot."),
    Row("member list is inaccessible", ChatClosed, "The bot is not an administrator of the channel.", _RIGHTS),
    Row("need administrator rights", ChatClosed, "The bot may not post here.", _RIGHTS),
    Row("not enough rights to send", ChatClosed, "The bot may not send this here.", _GROUP),
    Row("not enough rights", ChatClosed, "The bot lacks a right in the chat.", _RIGHTS),
    Row("have no write access", ChatClosed, "The bot may not write here.", _GROUP),
    Row("chat_write_forbidden", ChatClosed, "The bot may not write here.", _RIGHTS),
    Row("chat_send_", ChatClosed, "The chat does not take this kind of message.", _GROUP),
    Row("chat_admin_required", ChatClosed, "The bot may not post here.", _RIGHTS),
    Row(
        "message thread not found",
        ChatClosed,
        "The topic does not exist.",
        "Set the destination's `topic` to one that does.",
    ),
    Row("topic_closed", ChatClosed, "The topic is closed.", _TOPIC),
    Row("topic_deleted", ChatClosed, "The topic was deleted.", "Set the destination's `topic` to another one."),
    # Pictures.
    Row("photo_invalid_dimensions", Rejected, "A picture is too large or too narrow for Telegram.", _PICTURE),
    Row("unsupported extension", Rejected, "Telegram does not take this kind of picture.", _PICTURE),
    Row("photo_ext_invalid", Rejected, "Telegram does not take this kind of picture.", _PICTURE),
    Row("too big for a photo", Rejected, "A picture is larger than 10 MB.", _PICTURE),
    Row("request entity too large", Rejected, "The message is larger than Telegram takes in one call.", _PICTURE),
    Row("wrong file identifier", Rejected, "Telegram can't use a picture.", _PICTURE),
    Row("wrong remote file identifier", Rejected, "Telegram can't use a picture.", _PICTURE),
    Row("can't use file of type", Rejected, "Telegram can't use a picture.", _PICTURE),
    Row("wrong http url", Rejected, "Telegram refuses a picture's address.", _PICTURE),
    Row("failed to get http url content", Rejected, "Telegram can't fetch a picture's address.", _PICTURE),
    Row("wrong type of the web page content", Rejected, "A picture's address gives no picture.", _PICTURE),
    # Text.
    Row("is too long", Rejected, "The message is longer than Telegram takes.", _CONTENT),
    Row("text is empty", Rejected, "The message has no text.", _CONTENT),
    Row("text must be non-empty", Rejected, "The message has nothing to show.", _CONTENT),
    Row("entity url", Rejected, "Telegram refuses a link in the message.", "Correct the link's address."),
    # Questions of readers.
    Row("query is too old", Gone, "It was asked too long ago to be answered."),
    # Updates: one asks for them, or gets them pushed (telegram.md 4.3).
    Row("while webhook is active", TryLater, "A webhook is set for the bot, so it can't be asked for updates.", _HOOK),
    Row("terminated by other getupdates", TryLater, "Another program asks for the bot's updates.", _ONE),
    Row("terminated by setwebhook", TryLater, "Another program has set a webhook for the bot.", _ONE),
    Row("bad webhook", Rejected, "Telegram can't push to the webhook's address.", _ADDRESS),
    Row("invalid webhook url", Rejected, "Telegram can't push to the webhook's address.", _ADDRESS),
    # A self-hosted server that serves other tokens only.
    Row("unallowed token", TokenRejected, "The server does not serve this token.", "Check `api` in config.yaml."),
)

STALE = "stale upload"
"""Code of the refusal of a picture that was named by the id it got when it was sent before."""

_FILE = ("wrong file identifier", "wrong remote file identifier", "can't use file of type")

_BY_TYPE: tuple[tuple[type[TelegramError], type[SendError], str, str], ...] = (
    (InvalidToken, TokenRejected, "Telegram does not know the bot's token.", "Set TELEGRAM_BOT_TOKEN anew."),
    (Forbidden, ChatClosed, "Telegram does not let the bot write to the chat.", _RIGHTS),
    (Conflict, TryLater, "Another program uses the bot at this moment.", ""),
    (BadRequest, Rejected, "Telegram refuses the message.", _CONTENT),
)

# Failures before the first byte of the call left. ProxyError: the proxy never opened the way (telegram.md 7.4).
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BARE_STATUS = re.compile(r"\(\d{3}\)$")
_UNREADABLE = "The answer to the call was lost or unreadable; it may have been carried out."
_LONGEST_CODE = 300


def classify(error: Exception) -> SendError:
    """What a failed call means. Anything not known to be harmless is in doubt, unknown exceptions included.

    The result carries neither the vendor's exception nor its request: both know the token.
    """
    root = _root(error)
    if isinstance(root.__cause__, _NEVER_LEFT):
        return TryLater("Telegram can't be reached.", code=_name(root.__cause__), remedy=_NETWORK)
    if not isinstance(root, TelegramError) or not _spoken_by_telegram(root):
        return InDoubt(_UNREADABLE, code=_name(root.__cause__ or root))
    if isinstance(root, RetryAfter):
        seconds = _seconds(root.retry_after)
        return TryLater(f"Telegram asks to wait {seconds:g} s.", code="429", after=seconds)
    if isinstance(root, ChatMigrated):
        new = str(root.new_chat_id)
        remedy = f"Set `chat` to {new} and `kind` to supergroup."
        return ChatClosed("The group became a supergroup.", code="migrated", remedy=remedy, moved_to=new)
    return _from_table(root) or _from_type(root)


def refuses_file(error: Rejected) -> bool:
    """Whether Telegram refused a file by its id: one of another bot, of another kind, or none at all."""
    return any(fragment in error.code.lower() for fragment in _FILE)


def _root(error: BaseException) -> BaseException:
    """python-telegram-bot wraps a refused token once more, and writes the token into the wrapper's text."""
    while isinstance(error.__cause__, InvalidToken):
        error = error.__cause__
    return error


def _spoken_by_telegram(error: TelegramError) -> bool:
    """False when a proxy answered in Telegram's place: no JSON, or JSON without a description.

    A 404 of that kind becomes InvalidToken and says nothing about the token (telegram.md 9).
    """
    return error.__cause__ is None and not _BARE_STATUS.search(error.message)


def _from_table(error: TelegramError) -> SendError | None:
    description = error.message.lower()
    row = next((row for row in TABLE if row.fragment in description), None)
    return row.error(row.what, code=_words(error), remedy=row.remedy) if row else None


def _from_type(error: TelegramError) -> SendError:
    # In order, because BadRequest is one of NetworkError's subclasses: only what is listed counts as refused.
    for vendor, ours, what, remedy in _BY_TYPE:
        if isinstance(error, vendor):
            return ours(what, code=_words(error), remedy=remedy)
    return InDoubt(_UNREADABLE, code=_words(error))


def _words(error: TelegramError) -> str:
    return Redactor().redact(error.message)[:_LONGEST_CODE]


def _seconds(wait: float | timedelta) -> float:
    """python-telegram-bot is moving from numbers to timedelta; either may come (telegram.md 9)."""
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _name(error: BaseException) -> str:
    return type(error).__name__

"""Discord's refusals and network failures, translated once into what the caller should do (discord.md 7.2 and 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp
import discord

from bots.errors import ChatClosed, Gone, InDoubt, ReaderGone, Rejected, SendError, TokenRejected, TryLater
from bots.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Row:
    """What an error code means. `after` is in seconds, for TryLater alone, as is `here`: for this channel alone."""

    error: type[SendError]
    what: str
    remedy: str = ""
    after: float = 0.0
    here: bool = False


_TOKEN = Row(TokenRejected, "Discord does not know the bot's token.", "Set DISCORD_BOT_TOKEN to the token of the bot.")
_INVITE = "Invite the bot to the server and let it view the channel."
_KIND = "`weektech check` says which `kind` to write in config.yaml."
_THREADS = "Archive older ones."
_SHRINK = "Make the pictures smaller."
_REPORT = "The section has to be rendered differently; please report it with the post."

UNKNOWN_CHANNEL, MISSING_PERMISSION = 10003, 50013

TABLE: Mapping[int, Row] = {
    40001: _TOKEN,
    50014: _TOKEN,
    10003: Row(ChatClosed, "Discord does not know the channel.", "Check `chat` in config.yaml."),
    10004: Row(ChatClosed, "Discord does not know the server.", _INVITE),
    10008: Row(Gone, "The message does not exist any more."),
    50001: Row(ChatClosed, "The bot can't see the channel.", _INVITE),
    50013: Row(ChatClosed, "The bot lacks a permission in the channel.", "`weektech check` names it."),
    50008: Row(ChatClosed, "This kind of channel takes no messages.", _KIND),
    50024: Row(ChatClosed, "This kind of channel does not do that.", _KIND),
    40058: Row(ChatClosed, "A forum takes posts, not messages.", "Write `kind: forum` in config.yaml."),
    40067: Row(ChatClosed, "The forum wants a tag on every post.", "Set `tags` of the destination in config.yaml."),
    50083: Row(ChatClosed, "The thread is archived.", "Unarchive it."),
    160004: Row(ChatClosed, "The message has a thread already."),
    160006: Row(ChatClosed, "The server has too many open threads.", _THREADS),
    160007: Row(ChatClosed, "The server has too many open announcement threads.", _THREADS),
    30003: Row(Rejected, "The issue is out there, but the channel has no room for another pin.", "Unpin an older one."),
    30047: Row(Rejected, "The issue is out there, but another post of the forum is pinned.", "Unpin that one."),
    40033: Row(Rejected, "The message is out to followers already."),
    160005: Row(ChatClosed, "The thread is locked.", "Unlock it, or let the bot manage threads."),
    50007: Row(ReaderGone, "The reader takes no direct messages from the bot."),
    400001: Row(ChatClosed, "The server takes no uploads at present.", "Ask its owner."),
    50005: Row(Rejected, "The message was written by someone else, so it can't be edited."),
    50006: Row(Rejected, "The message has nothing to show.", _REPORT),
    50021: Row(Rejected, "A system message can't be changed."),
    50035: Row(Rejected, "Discord refuses the message.", _REPORT),
    30015: Row(Rejected, "More than ten pictures in a message.", _REPORT),
    40005: Row(Rejected, "The pictures of the message are too large for the server.", _SHRINK),
    50045: Row(Rejected, "A picture is too large for the server.", _SHRINK),
    160002: Row(Rejected, "The bot may not read the channel's history.", "Give it Read Message History."),
    200000: Row(Rejected, "The server's AutoMod blocked the message.", "Ask its owner to let the bot's messages pass."),
    240000: Row(Rejected, "Discord takes a link in the message for harmful.", "Remove the link."),
    20016: Row(TryLater, "The channel is in slow mode.", after=30.0, here=True),
    20022: Row(TryLater, "Announcements can be edited only now and then.", after=300.0, here=True),
    20028: Row(TryLater, "Too much is written in the channel.", after=30.0, here=True),
    20029: Row(TryLater, "Too much is written in the server.", after=30.0),
    30046: Row(TryLater, "Older messages can be edited only now and then.", after=300.0, here=True),
    40004: Row(TryLater, "Discord has switched sending off for the moment.", after=300.0),
    40006: Row(TryLater, "Discord has switched this off for the moment.", after=300.0),
    130000: Row(TryLater, "Discord is overloaded.", after=60.0),
}
"""Codes of Discord's own. The HTTP status says less and is asked only when no code is known."""

BY_STATUS: Mapping[int, Row] = {401: _TOKEN, 413: TABLE[40005]}
"""Answers of Discord's own that carry no code."""

_BLOCKED = Row(TryLater, "Discord turns this address away for a while.", "Wait ten minutes.", after=600.0)
"""403 without a code, or a 429 that discord.py did not wait out: Cloudflare, in front of Discord."""

# Failures before the first byte of the call left (reliability.md 2); certificate trouble is a connector error too.
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_OTHER = Row(Rejected, "Discord refuses the message.", _REPORT)
_UNREADABLE = "The answer to the call was lost or unreadable; it may have been carried out."
_DOUBT = Row(InDoubt, _UNREADABLE)
_LONGEST_CODE = 300


def classify(error: Exception, tries: Sequence[int] = ()) -> SendError:
    """What a failed call means. Anything not known to be harmless is in doubt, unknown exceptions included.

    `tries` are the HTTP statuses the call has met so far. discord.py repeats a call after a 500, so a refusal that
    comes after one proves nothing about the copy before it.
    """
    failure = _classify(error)
    if any(status >= 500 for status in tries) and not isinstance(failure, InDoubt):
        return InDoubt(_UNREADABLE, code=f"5xx, then {failure.code}")
    return failure


def number(error: SendError) -> int:
    """Discord's own code of a refusal, 0 where it gave none."""
    words = error.code.split(maxsplit=2)
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0


def _classify(error: Exception) -> SendError:
    if isinstance(error, _NEVER_LEFT):
        return TryLater("Discord can't be reached.", code=_name(error), remedy="Check the network or the proxy.")
    if isinstance(error, discord.RateLimited):
        seconds = error.retry_after
        return TryLater(f"Discord asks to wait {seconds:g} s.", code="429", after=seconds)
    cause = error.__cause__ if isinstance(error, discord.LoginFailure) else error
    if isinstance(cause, discord.HTTPException):
        return _failure(_row(cause), _code(cause))
    return InDoubt(_UNREADABLE, code=_name(error))


def _row(error: discord.HTTPException) -> Row:
    """Discord's own code, then the status, unless the answer is a page by someone in front of Discord."""
    if error.status >= 500:
        return _DOUBT
    if error.code:
        return TABLE.get(error.code, _OTHER)
    if error.status in (403, 429):
        return _BLOCKED
    return _DOUBT if error.text.lstrip().startswith("<") else BY_STATUS.get(error.status, _DOUBT)


def _code(error: discord.HTTPException) -> str:
    """Status, code and Discord's own words; a page by somebody else is not repeated, it may quote the request."""
    words = f"{error.status} {error.code} {error.text}" if error.code else str(error.status)
    return Redactor().redact(words)[:_LONGEST_CODE]


def _failure(row: Row, code: str) -> SendError:
    if row.error is TryLater:
        return TryLater(row.what, code=code, remedy=row.remedy, after=row.after, here=row.here)
    return row.error(row.what, code=code, remedy=row.remedy)


def _name(error: BaseException) -> str:
    return type(error).__name__

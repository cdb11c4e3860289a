"""Keeping tokens and passwords out of everything that is printed or logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "[hidden]"

_PATTERNS = (
    # A Telegram bot token: the bot's id, a colon, 35 characters. It is part of every request's address.
    (re.compile(r"\d{3,}(?::|%3A)[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"), HIDDEN),
    # A Discord bot token: three base64 parts, the first of which is the bot's id.
    (re.compile(r"\b[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"), HIDDEN),
    # The user and password of a proxy or a database.
    (re.compile(r"(?<=://)[^\s/@:]*:[^\s/]+(?=@)"), HIDDEN),
    (re.compile(r"(?<=password=)[^\s&;'\"]+", re.IGNORECASE), HIDDEN),
)
_TALKATIVE = ("httpx", "httpcore", "discord.http")
_SHORTEST = 6
"""Known secrets shorter than this are left to the patterns: replacing "1234" everywhere would hide half the log."""


class Secret(str):
    """A string that shows itself to whoever uses it, but not to `repr`, a debugger's view or a traceback's locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN


class Redactor(logging.Filter):
    """Takes known secrets, and whatever looks like one, out of log records.

    It belongs on the handlers: a logger's own filters never see what its children pass up.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__()
        worth = [str(secret) for secret in known if len(secret) >= _SHORTEST]
        spellings = {form for secret in worth for form in (secret, quote(secret, safe=""))}
        # The longest first: one secret may be the beginning of another.
        self._known = tuple(sorted(spellings, key=len, reverse=True))

    def redact(self, text: str) -> str:
        """`text` with every secret replaced."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with its message and its traceback as redacted text."""
        record.msg, record.args = self.redact(record.getMessage()), ()
        if record.exc_info:
            # Text now, because a handler that formats the exception itself would print it as it is.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        return True


def guard(handlers: Iterable[logging.Handler], known: Iterable[str] = ()) -> Redactor:
    """Put one redactor on all the handlers, and return it for whatever else is printed."""
    redactor = Redactor(known)
    for handler in handlers:
        handler.addFilter(redactor)
    return redactor


def quiet() -> None:
    """Silence the libraries that log every request; httpx puts the token into its line (telegram.md 9)."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It prints a traceback for every answer that is no JSON; what that means is said once, in our own words.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
    # It warns at every start that voice libraries are missing, and prints a traceback for every lost connection.
    logging.getLogger("discord.client").setLevel(logging.CRITICAL)

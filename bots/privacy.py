"""What is kept of a person: a keyed hash in place of the platform's number, and of the name what was asked for."""

from __future__ import annotations

import hashlib
import hmac

import regex

OPT_OUT = "#nobot"
"""A comment with this word in it, or by somebody with it in their name, is not kept (peers.md 2, row 52)."""

_OPT_OUT = regex.compile(r"(?<![\w#＃])[#＃]nobot(?!\w)", regex.IGNORECASE)
_MOST_INITIALS = 3


def who(secret: str, platform: str, person: str) -> str:
    """A person's lasting name in the ledger, 64 hex digits; without the secret nobody can tell whose it is."""
    about = f"{platform}:{person}".encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), about, hashlib.sha256).hexdigest()


def opted_out(*words: str) -> bool:
    """True when a reader says that a bot must not keep it."""
    return any(_OPT_OUT.search(each) for each in words)


def initials(name: str) -> str:
    """`Ada Lovelace` as `A. L.`; what is initials already stays as it is."""
    return " ".join(f"{_first(word)}." for word in name.split()[:_MOST_INITIALS])


def _first(word: str) -> str:
    """The first letter, whatever a script or an emoji calls one; signs before it are passed over."""
    letters: list[str] = regex.findall(r"\X", word)
    return next((each for each in letters if each[0].isalnum()), letters[0])

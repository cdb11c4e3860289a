"""Bare addresses in running text: where they begin, and where Chinese text makes them end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline.state_inline import StateInline

# Wide scripts and full-width punctuation: an author who writes 后文 right after an address means it to have ended.
_WIDE = (
    r"\u1100-\u11ff\u2014\u2018-\u201d\u2026\u2e80-\ua4cf\uac00-\ud7af"
    r"\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
_CHAR = rf"[^\s<>\[\]\"`|\\^{{}}*~\x00-\x1f{_WIDE}]"
ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9])(?:https?://(?=[^\W_])|(?<![/.@_-])www\.(?=[A-Za-z0-9-]+\.[A-Za-z0-9]))"
    rf"(?:{_CHAR}|\*(?!\*)|~(?!~)|\[{_CHAR}*\]|\\[_*~&.\-()])+",
    re.IGNORECASE,
)
"""Group 0 is the address with any punctuation that follows it; `trimmed` cuts that off."""
_TAIL = frozenset("?!.,:;*_~'\"\\")
_ENTITY = re.compile(r"&[A-Za-z][A-Za-z0-9]{0,30};\Z")


def trimmed(address: str) -> str:
    """Without the punctuation of the sentence around it, and without a closing bracket it did not open."""
    surplus = address.count(")") - address.count("(")
    end = len(address)
    while end:
        last = address[end - 1]
        entity = _ENTITY.search(address, max(0, end - 34), end) if last == ";" else None
        if entity:
            end = entity.start()
        elif last in _TAIL or (last == ")" and surplus > 0):
            surplus -= last == ")"
            end -= 1
        else:
            break
    return address[:end]


def target(address: str) -> str:
    """What a bare address links to."""
    return address if address[:4].lower() == "http" else "http://" + address


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """The text as (characters, target) in order; the target is empty outside of addresses."""
    done = 0
    if "://" in text or "www." in text.lower():
        for match in ADDRESS.finditer(text):
            address = trimmed(match[0])
            if match.start() > done:
                yield text[done : match.start()], ""
            yield address, target(address)
            done = match.start() + len(address)
    if done < len(text):
        yield text[done:], ""


def rule(state: StateInline, silent: bool) -> bool:
    """An inline rule: an address is taken whole, before its underscores and stars can be read as emphasis."""
    if state.linkLevel or state.src[state.pos] not in "hHwW":
        return False
    match = ADDRESS.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    raw = trimmed(match[0])
    if not silent:
        _push(state, unescapeAll(raw))
    state.pos += len(raw)
    return True


def _push(state: StateInline, address: str) -> None:
    state.push("link_open", "a", 1).attrs = {"href": target(address)}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)

"""What Telegram finds in plain text by itself: mentions, hashtags, commands, cards, addresses (telegram.md 1.8).

Phone numbers are the one kind left out: the client library does not look for them either, only the servers do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

import regex

from bots.rehearsal.telegram.addresses import Find, own_addresses, web_addresses
from bots.rehearsal.telegram.characters import utf16_length
from bots.rehearsal.telegram.values import Entity

MENTION = re.compile(r"(?<!\w)@([A-Za-z0-9_]{2,32})(?!\w)")
COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32}|(?!@))(?![\w/<>])")
TAG = r"\p{L}\p{Nd}_\u200c\u00b7\u0d80-\u0dff"
HASHTAG = regex.compile(rf"(?<![{TAG}])(?P<tag>#[{TAG}]{{1,256}}+)(?:[{TAG}]++|(?P<at>@[A-Za-z0-9_]{{3,32}}+))?+(?!#)")
CASHTAG = regex.compile(
    rf"(?<![{TAG}$])\$(?:1INCH|[A-Z]{{1,8}}(?![A-Z]))(?:@[A-Za-z0-9_]{{3,32}}(?![A-Za-z0-9_]))?+(?![{TAG}$])"
)
SHORT_NAMES = frozenset({"gif", "vid", "pic"})
"""The only user names under four characters."""
CARD = regex.compile(r"[0-9][0-9 \-]*")


def found(text: str) -> list[Entity]:
    """Entities nobody asked for, in order, none over another."""
    everything = chain(
        _mentions(text), _commands(text), _tags(text), _cards(text), own_addresses(text), web_addresses(text)
    )
    entities: list[Entity] = []
    end = 0
    for find in sorted(everything, key=lambda f: (f.start, -f.end)):
        if find.start >= end:
            end = find.end
            entities.append(Entity(find.kind, utf16_length(text[: find.start]), utf16_length(text[find.start : end])))
    return entities


def _mentions(text: str) -> Iterator[Find]:
    for match in MENTION.finditer(text):
        if len(match.group(1)) > 3 or match.group(1).lower() in SHORT_NAMES:
            yield Find("mention", *match.span())


def _commands(text: str) -> Iterator[Find]:
    for match in COMMAND.finditer(text):
        yield Find("bot_command", *match.span())


def _tags(text: str) -> Iterator[Find]:
    for match in HASHTAG.finditer(text):
        if any(unicodedata.category(c)[0] == "L" for c in match["tag"]):
            yield Find("hashtag", match.start(), match.end("at") if match["at"] else match.end("tag"))
    for match in CASHTAG.finditer(text):
        yield Find("cashtag", *match.span())


def _cards(text: str) -> Iterator[Find]:
    at = 0
    while match := CARD.search(text, at):
        start, end = match.span()
        before = text[start - 1] if start else ""
        if before and (before in ".,+-_" or unicodedata.category(before)[0] == "L"):
            at = end
            continue
        at = _card_end(match.group()) + start
        card = text[start:at].rstrip(" -")
        if _is_card(card, text[start + len(card) : start + len(card) + 1]):
            yield Find("bank_card_number", start, start + len(card))


def _card_end(run: str) -> int:
    """A run of 16 to 19 digits without a gap ends at the first space; any other run goes on."""
    digits = len(run) - len(run.lstrip("0123456789"))
    return digits if 16 <= digits <= 19 and run[digits : digits + 1] == " " else len(run)


def _is_card(card: str, after: str) -> bool:
    digits = [int(c) for c in card if c.isdigit()]
    if not 13 <= len(digits) <= 19 or len(card) > 2 * len(digits) - 1:
        return False
    if after and (after in "-_" or unicodedata.category(after)[0] == "L"):
        return False
    return _luhn(digits) and _length_fits(digits)


def _luhn(digits: list[int]) -> bool:
    doubled = (sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _length_fits(digits: list[int]) -> bool:
    """The lengths that the large card schemes use; for any other prefix every length will do."""
    count = len(digits)
    two, four = digits[0] * 10 + digits[1], int("".join(map(str, digits[:4])))
    if digits[0] == 4:
        return count in {13, 16, 18, 19}
    if 51 <= two <= 55 or 2221 <= four <= 2720 or 2200 <= four <= 2204:
        return count == 16
    if two in {34, 37}:
        return count == 15
    return count >= 16 if two in {62, 81} else True

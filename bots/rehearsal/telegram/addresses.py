"""Web and e-mail addresses as Telegram finds them in plain text, Chinese neighbours included (telegram.md 1.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import regex

NO_ADDRESS = r"\p{Z}\u2000-\u200b\u200e\u200f\u2016-\u206f"
"""Separators and most general punctuation: never part of an address. CJK punctuation is, which surprises authors."""
ASCII_CASE = regex.IGNORECASE | regex.ASCII
"""Without ASCII, the long s and the Kelvin sign would pass for letters."""
PATH = regex.compile(rf"""[/?#][^\n<>"«»{NO_ADDRESS}]*""")
DOMAIN = regex.compile(rf"[A-Za-z0-9_.~\-]|[^\x00-\xbf{NO_ADDRESS}]")
USER = regex.compile(rf"""[^\n/\[\]{{}}()'`<>"@«»{NO_ADDRESS}]""")
PROTOCOL = regex.compile(r"[A-Za-z0-9+\-]|[^\x00-\x7f\p{Z}]")
PORT = regex.compile(r":0*([1-9][0-9]{0,4})(?![0-9])")
OWN_SCHEMES = regex.compile(r"(?:tg|ton|(?<=tons)ite)://[a-z0-9_-]{1,253}", ASCII_CASE)
EMAIL = regex.compile(
    r"(?:[a-z0-9_-]{0,26}[.+]){0,10}[a-z0-9_-]{1,35}@(?:(?:[a-z0-9][a-z0-9_-]{0,28})?[a-z0-9]\.){1,6}[a-z]{2,8}",
    ASCII_CASE,
)
IPV4 = regex.compile(r"(?:(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\.(?!$)|$)){4}")
WEB_SCHEME = regex.compile(r"(?:https?|ftp|tonsite)://", ASCII_CASE)
LOOSE_END = ".:;,('?!`"
BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Find:
    """An address in a text, in code points."""

    kind: str
    """`url` or `email`."""
    start: int
    end: int


@cache
def top_level_domains() -> frozenset[str]:
    """The endings that make a bare `name.ending` a link."""
    listing = files("bots.rehearsal.telegram").joinpath("tlds.txt").read_text(encoding="utf-8")
    return frozenset(listing.split())


def own_addresses(text: str) -> Iterator[Find]:
    """tg:// and ton:// addresses."""
    for found in OWN_SCHEMES.finditer(text):
        yield Find("url", found.start(), _path_end(text, found.end()))


def web_addresses(text: str) -> Iterator[Find]:
    """Everything else with a dot in it that Telegram takes for an address."""
    begin = 0
    while 0 <= (dot := text.find(".", begin)) < len(text) - 1:
        if text[dot + 1] == " ":
            begin = dot + 2
            continue
        candidate = _candidate(text, begin, dot)
        if candidate.good and candidate.end > dot + 1:
            yield from _judged(text, candidate)
        begin = _resume(text, candidate, dot)


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    good: bool = True


def _resume(text: str, candidate: _Candidate, dot: int) -> int:
    """Where the search goes on: behind a good candidate and its dots, behind the last dot of a bad one."""
    end = candidate.end
    if candidate.good:
        while end < len(text) and text[end] == ".":
            end += 1
    else:
        end = text.rfind(".", 0, end) + 1
    return max(end, dot + 1)


def _candidate(text: str, begin: int, dot: int) -> _Candidate:
    """The stretch around a dot that may be an address. `begin` is where earlier finds ended."""
    start = _back(DOMAIN, text, begin, dot)
    end = dot
    while end < len(text) and (text[end] == "@" or DOMAIN.match(text, end)):
        end += 1
    has_user = "@" in text[dot:end]
    if has_user:
        start = _back(USER, text, begin, start)
    end = _path_end(text, _port_end(text, end))
    while end > dot + 1 and text[end - 1] == ".":
        end -= 1
    return _with_scheme(text, begin, _with_user(text, begin, _Candidate(start, end), has_user))


def _with_user(text: str, begin: int, candidate: _Candidate, has_user: bool) -> _Candidate:
    """Take in what stands before an "@" right before the domain."""
    start = candidate.start
    if start == begin or text[start - 1] != "@":
        return candidate
    user = _back(USER, text, begin, start - 1)
    return replace(candidate, start=user, good=not has_user and user < start - 1)


def _with_scheme(text: str, begin: int, candidate: _Candidate) -> _Candidate:
    """Take in http://, https://, ftp:// or tonsite://; any other scheme, or a letter right before it, spoils it."""
    start = candidate.start
    if start == begin:
        return candidate
    before = text[begin:start]
    if before.endswith("://") and len(before.encode()) >= 6:
        name = _lower(text[_back(PROTOCOL, text, begin, start - 3) : start - 3])
        scheme = _scheme(name)
        return replace(candidate, start=start - len(scheme) - 3, good=candidate.good and bool(scheme))
    glued = before[-1].isalnum() or before[-1] in "_/#@"
    return replace(candidate, good=candidate.good and not glued)


def _scheme(name: str) -> str:
    """The scheme at the end of `name`, "" if there is none that Telegram knows."""
    if name.endswith("http"):
        return "" if name == "shttp" else "http"
    if name.endswith("ftp"):
        return "" if name in {"tftp", "sftp"} else "ftp"
    return next((scheme for scheme in ("https", "tonsite") if name.endswith(scheme)), "")


def _judged(text: str, candidate: _Candidate) -> Iterator[Find]:
    start, end = candidate.start, candidate.end
    address = text[start:end]
    if EMAIL.fullmatch(address):
        yield Find("email", start, end)
    elif address.startswith("mailto:") and EMAIL.fullmatch(address, 7):
        yield Find("email", start + 7, end)
    elif length := _web_length(address):
        yield Find("url", start, start + length)


def _web_length(address: str) -> int:
    """How much of a candidate is a web address, 0 for none."""
    scheme = WEB_SCHEME.match(address)
    rest = address[scheme.end() :] if scheme else address
    cut = next((i for i, c in enumerate(rest) if c in "/?#"), len(rest))
    path = rest[cut:]
    if not _is_domain(_host(rest[:cut]), named=scheme is not None):
        return 0
    return len(address) - len(path) + _balanced_length(path)


def _host(authority: str) -> str:
    host = authority.partition("@")[2] if "@" in authority else authority
    return host.rpartition(":")[0] if ":" in host else host


def _balanced_length(path: str) -> int:
    """A path ends before a closing bracket nobody opened, and not in punctuation."""
    depth = dict.fromkeys(BRACKETS.values(), 0)
    length = 0
    for character in path:
        depth[character] = depth.get(character, 0) + 1
        if character in BRACKETS:
            depth[BRACKETS[character]] -= 1
            if depth[BRACKETS[character]] < 0:
                break
        length += 1
    return len(path[:length].rstrip(LOOSE_END))


def _is_domain(domain: str, *, named: bool) -> bool:
    """True for what Telegram links. With `named`, after a scheme, any top-level domain will do."""
    labels = domain.split(".")
    if domain.lower() == "teiegram.org" or len(labels) == 1:
        return False
    if any(not label or len(label.encode()) >= 64 or label.endswith("-") for label in labels):
        return False
    if IPV4.fullmatch(domain):
        return True
    if all(c in "0123456789." for c in domain) or "_" in labels[-2]:
        return False
    return _is_top_level(labels[-1], named=named)


def _is_top_level(name: str, *, named: bool) -> bool:
    if len(name) <= 1:
        return False
    if name.startswith("xn--"):
        return len(name) > 5 and regex.fullmatch("[A-Za-z0-9]*", name[4:]) is not None
    if "_" in name or "-" in name:
        return False
    return named or _is_listed(name)


def _is_listed(name: str) -> bool:
    """`Word.Next` is a missing space rather than a link, so one leading capital does not count."""
    lower = name.lower()
    return not (lower != name and lower[1:] == name[1:]) and lower in top_level_domains()


def _port_end(text: str, at: int) -> int:
    port = PORT.match(text, at)
    return port.end() if port and int(port.group(1)) <= 65535 else at


def _path_end(text: str, at: int) -> int:
    """Behind the path, query or fragment that starts at `at`, without loose punctuation."""
    path = PATH.match(text, at)
    if path is None:
        return at
    length = 1 + len(path.group()[1:].rstrip(LOOSE_END))
    return at + length if length > 1 or text[at] == "/" else at


def _back(pattern: regex.Pattern[str], text: str, begin: int, end: int) -> int:
    """The start of the run of matching characters that ends at `end`."""
    while end > begin and pattern.match(text, end - 1):
        end -= 1
    return end


def _lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)

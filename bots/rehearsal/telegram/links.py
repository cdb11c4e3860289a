"""Addresses of text links: which ones Telegram takes, and what it makes of them (telegram.md 1.7)."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

from bots.rehearsal.telegram.characters import clean

SCHEMES = {"tg": "Wrong tg URL", "ton": "Wrong ton URL", "tonsite": "Wrong ton URL"}
"""Telegram's own schemes, with the refusal for one that is badly formed."""
USER_LINK = re.compile(r"tg:(?://)?user/?\?([^#]*)", re.IGNORECASE | re.ASCII)
ALLOWED = {
    "host": re.compile(r"(?:[a-z0-9.\-_!$,~*'();&+=]|%[0-9a-f]{2}|[^\x00-\x7f])*", re.IGNORECASE),
    "userinfo": re.compile(r"(?:[a-z0-9.\-_!$,~*'();&+=:]|%[0-9a-f]{2}|[^\x00-\x7f])*", re.IGNORECASE),
}
"""Non-ASCII characters stay as they are; there is no conversion to punycode."""
OWN_HOST = re.compile(r"[A-Za-z0-9_-]*")
TONSITE_HOST = re.compile(r"[A-Za-z0-9_.-]*")
LAST_USER = (1 << 40) - 1
TRAILING = " \t\r\n\0\v"


class BadLinkError(Exception):
    """The reason Telegram gives for refusing an address."""


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address in parts; `port` is 0 when none is written."""

    scheme: str
    user: str
    host: str
    port: int
    path: str

    @property
    def is_ipv6(self) -> bool:
        return self.host.startswith("[") and self.host.endswith("]")

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{user}{self.host}{port}{self.path}"


def user_of(url: str) -> int:
    """The user a `tg://user?id=N` link mentions, 0 for any other link."""
    link = USER_LINK.match(url)
    for parameter in link.group(1).split("&") if link else ():
        key, _, value = parameter.partition("=")
        if key.lower() == "id":
            user = int(value) if re.fullmatch(r"[1-9][0-9]{0,18}", value) else 0
            return user if user <= LAST_USER else 0
    return 0


def checked(url: str) -> str:
    """The address as Telegram stores it; raises BadLinkError with Telegram's reason."""
    url = clean(url)
    for scheme, reason in SCHEMES.items():
        if url[: len(scheme) + 1].lower() == f"{scheme}:":
            return _own(scheme, url[len(scheme) + 1 :].removeprefix("//"), reason)
    address = parse(url)
    if "." not in address.host and not address.is_ipv6:
        raise BadLinkError("Wrong HTTP URL")
    return str(address)


def _own(scheme: str, rest: str, reason: str) -> str:
    address = parse(rest)
    plain = not (address.user or address.port or address.is_ipv6) and address.scheme == "http"
    if not plain or rest.lower().startswith("http://"):
        raise BadLinkError(reason)
    if not (TONSITE_HOST if scheme == "tonsite" else OWN_HOST).fullmatch(address.host):
        raise BadLinkError("Unallowed characters in URL host")
    path = address.path.removeprefix("/") if address.path.startswith("/?") else address.path
    return f"{scheme}://{address.host}{path}"


def parse(url: str) -> Address:
    """Split an address as TDLib's own parser does; http is what an address without a scheme gets."""
    scheme, rest = _scheme(url)
    authority = re.match(r"[^/?#]*", rest)
    before_path = authority.group() if authority else ""
    name, port = _port(before_path)
    user, _, host = name.rpartition("@")
    host = _lower(host)
    _check_host(user, host)
    return Address(scheme, user, host, port, _path(rest[len(before_path) :]))


def _scheme(url: str) -> tuple[str, str]:
    found = re.match(r"([^:/?#@\[\]]*)://", url)
    if found is None:
        return "http", url
    scheme = _lower(found.group(1))
    if scheme not in {"http", "https"}:
        raise BadLinkError("Unsupported URL protocol")
    return scheme, url[found.end() :]


def _port(authority: str) -> tuple[str, int]:
    """What stands before the port, and the port. A colon at the very start is no port."""
    found = re.fullmatch(r"(.+):([^:\]@]*)", authority, re.DOTALL)
    if found is None:
        return authority, 0
    digits = found.group(2).lstrip("0")
    if not re.fullmatch(r"[0-9]{1,5}", digits) or int(digits) > 65535:
        raise BadLinkError("Wrong port number specified in the URL")
    return found.group(1), int(digits)


def _check_host(user: str, host: str) -> None:
    if not host:
        raise BadLinkError("URL host is empty")
    if host == ".":
        raise BadLinkError("Host is invalid")
    if host.startswith("[") and host.endswith("]"):
        _check_ipv6(host[1:-1])  # what stands before such a host is not looked at
    else:
        _check_characters("host", host)
        _check_characters("userinfo", user)


def _check_characters(part: str, text: str) -> None:
    good = ALLOWED[part].match(text)
    bad = text[good.end() : good.end() + 1] if good else ""
    if bad:
        what = "Wrong percent-encoded symbol" if bad == "%" else "Disallowed character"
        raise BadLinkError(f"{what} in URL {part}")


def _check_ipv6(address: str) -> None:
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        raise BadLinkError("Wrong IPv6 address specified in the URL") from None


def _path(rest: str) -> str:
    escaped = "".join(f"%{ord(c):02X}" if c <= " " else c for c in rest.rstrip(TRAILING))
    return escaped if escaped.startswith("/") else f"/{escaped}"


def _lower(text: str) -> str:
    """Lower case for ASCII letters alone: Telegram leaves the rest of a host as it is."""
    return "".join(c.lower() if c.isascii() else c for c in text)

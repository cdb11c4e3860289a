"""Which link targets a reader can open, and what a relative one means."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urljoin

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HTTP = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_TELEGRAM = re.compile(r"tg://[A-Za-z0-9_-]+(?:[/?#]\S*)?", re.IGNORECASE)
# What Telegram's server takes in a host and a user name; anything else refuses the whole message (telegram.md 1.7).
_NAME = r"(?:[A-Za-z0-9._!$,~*'();&+=-]|[^\x00-\x7f]|%[0-9A-Fa-f]{2})"
_AUTHORITY = re.compile(
    rf"(?:(?:{_NAME}|:)*@)?(?:(?P<host>{_NAME}+)|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{{1,7}}))?"
)
_SPACES = re.compile(r"[\x00-\x20\x7f]")


def target(href: str, site: str = "") -> str | None:
    """The address to send for a link as written, or None when it can only be shown as text.

    `site` is the post's own address; relative links and #fragments are resolved against it. The rules are the
    strictest platform's, because one bad address makes Telegram refuse the whole message (telegram.md 1.7).
    """
    address = href.strip()
    if _TELEGRAM.fullmatch(address):
        return address
    if address.lower().startswith("www."):
        address = f"http://{address}"
    if address and site and not _SCHEME.match(address):
        address = _joined(site, address)
    return _web(address)


def contact(href: str) -> str:
    """The address or number of a `mailto:` or `tel:` link, to be shown as text; empty for every other link."""
    scheme, _, rest = href.strip().partition(":")
    return rest.partition("?")[0] if scheme.lower() in ("mailto", "tel") else ""


def _joined(site: str, address: str) -> str:
    try:
        return urljoin(site, address)
    except ValueError:  # a bracket that is no IPv6 address
        return ""


def _web(address: str) -> str | None:
    found = _HTTP.fullmatch(address)
    if found is None or not _sendable(found[2]):
        return None
    return f"{found[1]}://{found[2]}{_SPACES.sub(lambda c: f'%{ord(c[0]):02X}', found[3])}"


def _sendable(authority: str) -> bool:
    found = _AUTHORITY.fullmatch(authority)
    if found is None or not 0 < int(found["port"] or 80) <= 65535:
        return False
    if found["ipv6"] is not None:
        return _is_ipv6(found["ipv6"])
    return "." in found["host"].strip(".")


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True

"""Fetching a picture from an address that a post names, without being sent anywhere the author's machine can see.

Only public addresses are connected to: every socket passes `_Gate`, whatever name, literal or redirect led to it
(reliability.md 6, SSRF), and the name is resolved once, so that it can't mean something else when it is used.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import aiohttp
from yarl import URL

MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
SECONDS = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_UNNAMED = ("application/octet-stream", "binary/octet-stream", "text/plain")
"""What servers say of files whose type they don't care about: code hosts call an SVG text."""
_NAT64 = IPv6Network("64:ff9b::/96")
_Address: TypeAlias = IPv4Address | IPv6Address


class RemoteError(Exception):
    """A picture that was not fetched; the text is the reason, in words."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be connected to beyond https on public addresses."""

    http: bool = False
    loopback: bool = False
    """For tests, whose server is on this machine."""
    seconds: float = SECONDS
    """For one picture with all its redirects."""


def is_public(address: str, *, loopback: bool = False) -> bool:
    """Whether an IP address, literal or hidden in an IPv6 one, belongs to the public internet."""
    try:
        inside = list(_unwrapped(ip_address(address)))
    except ValueError:
        return False
    return all((loopback and ip.is_loopback) or (ip.is_global and not _special(ip)) for ip in inside)


def _special(ip: _Address) -> bool:
    # `is_global` is true for multicast and for some of what IPv6 reserves.
    return ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local


def _unwrapped(ip: _Address) -> Iterator[_Address]:
    """The IPv4 addresses that an IPv6 one is a tunnel to, or the address itself."""
    if isinstance(ip, IPv4Address):
        yield ip
    elif ip.ipv4_mapped or ip.sixtofour:
        yield from (inner for inner in (ip.ipv4_mapped, ip.sixtofour) if inner)
    elif ip.teredo:
        yield from ip.teredo
    elif ip in _NAT64:
        yield IPv4Address(ip.packed[-4:])
    else:
        yield ip


@dataclass(frozen=True, slots=True)
class _Gate:
    """The one place where a socket is made."""

    allowance: Allowance

    def __call__(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, where = info
        if not is_public(str(where[0]), loopback=self.allowance.loopback):
            raise OSError(f"{where[0]} is not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def session(allowance: Allowance) -> aiohttp.ClientSession:
    """A session whose every connection passes the gate; close it after use."""
    connector = aiohttp.TCPConnector(
        resolver=aiohttp.ThreadedResolver(), use_dns_cache=False, socket_factory=_Gate(allowance)
    )
    # An encoded answer could unpack to far more than was counted.
    headers = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "weektech"}
    return aiohttp.ClientSession(connector=connector, headers=headers, auto_decompress=False, trust_env=False)


async def download(client: aiohttp.ClientSession, address: str, allowance: Allowance) -> bytes:
    """The bytes at `address`, at most 10 MiB; follows three redirects. Raises RemoteError."""
    try:
        async with asyncio.timeout(allowance.seconds):
            return await _follow(client, address, allowance)
    except TimeoutError:
        raise RemoteError(f"no complete answer within {allowance.seconds:g} s") from None
    except aiohttp.ClientConnectorError as e:
        raise RemoteError(f"no connection: {e.os_error}") from e
    except (aiohttp.ClientError, OSError, ValueError) as e:
        raise RemoteError(f"the download failed ({type(e).__name__})") from e


async def _follow(client: aiohttp.ClientSession, address: str, allowance: Allowance) -> bytes:
    url = URL(address)
    for _ in range(MAX_REDIRECTS + 1):
        if url.scheme != "https" and not (url.scheme == "http" and allowance.http):
            raise RemoteError("only https addresses are fetched")
        async with client.get(url, allow_redirects=False) as answer:
            if answer.status not in _REDIRECTS:
                return await _body(answer)
            url = url.join(URL(answer.headers.get("Location", "")))
    raise RemoteError(f"more than {MAX_REDIRECTS} redirects")


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status != 200:
        raise RemoteError(f"the server answered {answer.status}")
    if not answer.content_type.startswith("image/") and answer.content_type not in _UNNAMED:
        raise RemoteError(f"the server sent {answer.content_type}, not a picture")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise RemoteError("the server sent it packed")
    if (answer.content_length or 0) > MAX_BYTES:
        raise RemoteError("it is larger than 10 MiB")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BYTES:
            raise RemoteError("it is larger than 10 MiB")
    return bytes(body)

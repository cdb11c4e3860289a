"""Where a platform pushes its updates to, instead of being asked for them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from bots.redaction import Secret


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that the platform knows, and the port behind it on which a listener answers."""

    url: str
    """As the platform calls it: https, whatever stands in between and takes the encryption away."""
    port: int
    path: str
    """As it arrives at the port."""
    secret: Secret | None
    """Told to the platform, which shows it with each update; None where the environment has none."""

    @property
    def local(self) -> bool:
        """True for an address on this machine: a rehearsal."""
        return on_this_machine(self.url)


def on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""What config.yaml and the environment say of updates that are pushed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from bots.configfile import WebhookPart
from bots.errors import ConfigError
from bots.platforms.hooks import Hook
from bots.redaction import Secret

SECRET = "TELEGRAM_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
PORT = "PORT"
"""Where a hosting service says on which port it expects answers."""
USUAL_PORT = 8080

_GOOD = re.compile(r"[A-Za-z0-9_-]{32,256}")
"""Telegram takes one character and more (telegram.md 4.3), but who guesses it can press the author's buttons."""
_REMEDY = (
    'Make one with: python -c "import secrets; print(secrets.token_urlsafe(32))" and put it into .env or the'
    " environment."
)


def hook(part: WebhookPart | None, environ: Mapping[str, str]) -> Hook | None:
    """The webhook, None without one. Raises ConfigError for a secret that is none and for a port that is none."""
    if part is None:
        return None
    secret = environ.get(SECRET, "").strip()
    if secret and not _GOOD.fullmatch(secret):
        raise ConfigError(f"{SECRET} has to be 32 to 256 letters, digits, _ or -.", remedy=_REMEDY)
    path = part.path or urlsplit(part.url).path or "/"
    return Hook(part.url, part.port or _port(environ), path, Secret(secret) if secret else None)


def insist(found: Hook | None) -> None:
    """Raise ConfigError for a webhook without a secret: anybody could press the author's buttons."""
    if found is not None and found.secret is None:
        raise ConfigError(f"telegram.webhook needs {SECRET}.", remedy=_REMEDY)


def _port(environ: Mapping[str, str]) -> int:
    given = environ.get(PORT, "").strip()
    if not given:
        return USUAL_PORT
    if not (given.isdecimal() and 0 < int(given) < 1 << 16):
        raise ConfigError(f"{PORT} is {given!r}, which is no port.", remedy="Set telegram.webhook.port, or unset it.")
    return int(given)

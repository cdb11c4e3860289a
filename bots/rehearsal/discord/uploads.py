"""Uploaded files: their names as the server keeps them, their kind and size, the addresses they are fetched under."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import warnings
from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import quote

from PIL import Image

from bots.rehearsal.discord.model import Attachment

LIFE = timedelta(hours=24)
"""How long a signed address is good for; a message read again carries fresh ones (discord.md 1.1)."""


def attachment(number: int, filename: str, content: bytes, description: str | None) -> Attachment:
    name = safe_name(filename)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Attachment(number, name, content, kind, description, measured(content))


def safe_name(filename: str) -> str:
    """The last part of the name, blanks as underscores, other punctuation gone."""
    last = re.split(r"[/\\]", filename)[-1]
    return re.sub(r"[^\w.\-]", "", last.replace(" ", "_")) or "unknown"


def measured(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, None for what isn't a picture."""
    try:
        with warnings.catch_warnings():
            # A picture with very many pixels is measured, never decoded, so Pillow's warning is beside the point.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content)) as picture:
                return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def signed_url(origin: str, channel: int, file: Attachment, now: datetime) -> str:
    """The address of an attachment, signed for a day."""
    until = int((now + LIFE).timestamp())
    path = f"/cdn/attachments/{channel}/{file.id}/{quote(file.filename)}"
    return f"{origin}{path}?ex={until:x}&is={int(now.timestamp()):x}&hm={_signature(file.id, until)}&"


def good_signature(number: int, until: str, signature: str, now: datetime) -> bool:
    """True for an address this server signed that hasn't expired."""
    try:
        moment = int(until, 16)
    except ValueError:
        return False
    return signature == _signature(number, moment) and now.timestamp() < moment


def _signature(number: int, until: int) -> str:
    return hashlib.sha256(f"{number}:{until}".encode()).hexdigest()

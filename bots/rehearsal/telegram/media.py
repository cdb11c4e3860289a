"""Files: what may be uploaded as what, and the shelf that keeps them (telegram.md 2)."""

from __future__ import annotations

import base64
import hashlib
import io
import warnings
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from bots.rehearsal.telegram.replies import BotApiError, File, bad_request
from bots.rehearsal.telegram.values import Media, MediaKind, Size

PHOTO_BYTES = 10 << 20
DOCUMENT_BYTES = 50 << 20
DOWNLOAD_BYTES = 20 << 20
PHOTO_EXTENSIONS = frozenset({".jpg", ".jpeg", ".gif", ".png", ".tif", ".bmp"})
PHOTO_FORMATS = ("JPEG", "GIF", "PNG", "TIFF", "BMP")
RENDITIONS = (90, 320, 800, 1280)
"""Longest sides of the smaller sizes Telegram makes of a photo."""

PREFIX = {MediaKind.PHOTO: "AgAC", MediaKind.DOCUMENT: "BQAC"}


class Shelf:
    """All files of one Telegram. A file id belongs to a bot and to a kind, and lasts as long as the shelf.

    What people sent belongs to bot 0: every bot may use it, under one id here for all of them.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, tuple[int, Media]] = {}
        self._by_path: dict[tuple[int, str], Media] = {}

    def photo(self, bot: int, file: File) -> Media:
        """Keep an uploaded photo, or refuse it."""
        _check_size(file)
        if len(file.content) > PHOTO_BYTES:
            size = f"file of size {len(file.content)} bytes is too big for a photo"
            raise bad_request(f"{size}; the maximum size is {PHOTO_BYTES} bytes")
        if PurePosixPath(file.name).suffix.lower() not in PHOTO_EXTENSIONS:
            raise bad_request("photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif or .bmp")
        width, height = picture_size(file.content)
        number = len(self._by_path)
        sizes = tuple(
            Size(_file_id(MediaKind.PHOTO, bot, number, rank), w, h)
            for rank, (w, h) in enumerate(renditions(width, height))
        )
        return self._keep(bot, _media(file, sizes[-1].file_id, f"photos/file_{number}.jpg", sizes))

    def document(self, bot: int, file: File) -> Media:
        """Keep an uploaded file as a document, or refuse it."""
        _check_size(file)
        number = len(self._by_path)
        file_id = _file_id(MediaKind.DOCUMENT, bot, number, 0)
        path = f"documents/file_{number}{PurePosixPath(file.name).suffix}"
        return self._keep(bot, _media(file, file_id, path, ()))

    def known(self, bot: int, file_id: str, kind: MediaKind) -> Media:
        """The file a bot names by its id, or the refusal for ids that are garbage, foreign or of another kind."""
        if "." in file_id or "/" in file_id:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not file_id.startswith(tuple(PREFIX.values())):
            raise bad_request("wrong remote file identifier specified: Wrong string length")
        owner, media = self._by_id.get(file_id, (-1, None))
        if media is None or owner not in (bot, 0):
            raise bad_request("wrong file identifier/HTTP URL specified")
        if media.kind is not kind:
            raise bad_request(f"can't use file of type {media.kind.capitalize()} as {kind.capitalize()}")
        return media

    def any(self, bot: int, file_id: str) -> Media:
        """The file of any kind, for getFile."""
        owner, media = self._by_id.get(file_id, (-1, None))
        if media is None or owner not in (bot, 0):
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(media.content) > DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return media

    def at(self, bot: int, path: str) -> Media:
        """The file behind a download path."""
        media = self._by_path.get((bot, path)) or self._by_path.get((0, path))
        if media is None:
            raise BotApiError(404, "Not Found")
        return media

    def _keep(self, bot: int, media: Media) -> Media:
        for name in {media.file_id, *(size.file_id for size in media.sizes)}:
            self._by_id[name] = (bot, media)
        self._by_path[bot, media.path] = media
        return media


def _media(file: File, file_id: str, path: str, sizes: tuple[Size, ...]) -> Media:
    kind = MediaKind.PHOTO if sizes else MediaKind.DOCUMENT
    unique = base64.urlsafe_b64encode(hashlib.sha256(file.content).digest())[:15].decode()
    return Media(kind, file_id, unique, path, file.name, file.mime, file.content, sizes)


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a picture Telegram takes as a photo; refuses what it can't decode or won't show."""
    try:
        with warnings.catch_warnings():
            # The dimensions are checked below, before any pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=PHOTO_FORMATS) as picture:
                _check_dimensions(*picture.size)
                picture.load()
                return picture.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None


def _check_dimensions(width: int, height: int) -> None:
    if width + height > 10000 or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def renditions(width: int, height: int) -> list[tuple[int, int]]:
    """The sizes Telegram lists for a photo, smallest first; never larger than the picture or 1280 pixels a side."""
    longest = max(width, height)
    sides = [side for side in RENDITIONS if side < longest] + [min(longest, RENDITIONS[-1])]
    scaled = [(max(1, round(width * s / longest)), max(1, round(height * s / longest))) for s in sides]
    return list(dict.fromkeys(scaled))


def _check_size(file: File) -> None:
    if not file.content:
        raise bad_request("file must be non-empty")
    if len(file.content) > DOCUMENT_BYTES:
        raise BotApiError(413, "Request Entity Too Large")


def _file_id(kind: MediaKind, bot: int, number: int, rank: int) -> str:
    return PREFIX[kind] + base64.urlsafe_b64encode(f"{bot}:{number}:{rank}".encode()).decode().rstrip("=")

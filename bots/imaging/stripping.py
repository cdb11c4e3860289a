"""Taking out of a picture file what a reader doesn't see: place, camera, names, thumbnails, what hangs on behind it.

The pixels are not touched and nothing is decoded, so a picture that fits a platform loses no quality on the way. Colour
profiles stay: without them a picture looks different.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

MAX_SCANS = 100
"""A progressive JPEG has about ten; every scan costs a pass over all pixels, so a small file could take minutes."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split() + b"acTL fcTL fdAT".split()
)
"""The last three are animation."""
# Application data a decoder needs: JFIF's density, the colour profile, Adobe's word on how colours are stored.
_JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_WEBP_DROPPED = (b"EXIF", b"XMP ")
_WEBP_FLAGS = 0x08 | 0x04  # VP8X says which of the two are there
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def stripped(content: bytes, kind: str) -> bytes:
    """The file without metadata; `kind` is jpeg, png, gif or webp, any other comes back as it is.

    Raises ValueError for a file whose parts can't be told apart.
    """
    strip = _STRIPPERS.get(kind)
    if strip is None:
        return content
    try:
        return strip(content)
    except IndexError:
        raise ValueError("it is damaged (a part of it is cut off)") from None


def check_scans(content: bytes) -> None:
    """Raises ValueError for a JPEG with so many scans that decoding it would take minutes."""
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MAX_SCANS:
        raise ValueError(f"it is a JPEG with more than {MAX_SCANS} scans")


def _png(content: bytes) -> bytes:
    kept = [_PNG]
    at = len(_PNG)
    while at + 8 <= len(content):
        name, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4], "big")
        if name in _PNG_KEPT:
            kept.append(content[at:end])
        if name == b"IEND":
            break
        at = end
    return b"".join(kept)


def _jpeg(content: bytes) -> bytes:
    return b"".join(_jpeg_segments(content))


def _jpeg_segments(content: bytes) -> Iterator[bytes]:
    """The segments that are kept; what stands behind the end (a second picture, a film) is not among them."""
    yield content[:2]
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        if marker == 0xD9:
            break
        if marker == 0x01:
            continue
        end = at + (content[at] << 8 | content[at + 1])
        if marker == 0xDA:
            following = _MARKER.search(content, end)
            end = following.start() if following else len(content)
        wanted = _JPEG_KEPT.get(marker, b"") if marker in _JPEG_KEPT else None
        applications_own = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if not applications_own or (wanted is not None and content.startswith(wanted, at + 2)):
            yield b"\xff" + content[at - 1 : end]
        at = end
    yield b"\xff\xd9"


def _webp(content: bytes) -> bytes:
    kept = [b"WEBP"]
    at, whole = 12, min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    while at + 8 <= whole:
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        if name == b"VP8X":
            kept += [content[at : at + 8], bytes([content[at + 8] & ~_WEBP_FLAGS]), content[at + 9 : end]]
        elif name not in _WEBP_DROPPED:
            kept.append(content[at:end])
        at = end
    body = b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _gif(content: bytes) -> bytes:
    return b"".join(_gif_blocks(content))


def _gif_blocks(content: bytes) -> Iterator[bytes]:
    """The blocks that are kept: comments and foreign application data (XMP) are not."""
    at = 13 + _palette(content[10])
    yield content[:at]
    while at < len(content) and content[at] in (0x21, 0x2C):
        if content[at] == 0x2C:
            end = _data_end(content, at + 10 + _palette(content[at + 9]) + 1)
            yield content[at:end]
        else:
            label, end = content[at + 1], _data_end(content, at + 2)
            if label == 0xF9 or (label == 0xFF and content[at + 3 : at + 14] in _LOOPING):
                yield content[at:end]
        at = end
    yield b"\x3b"


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _data_end(content: bytes, at: int) -> int:
    """Behind the sub-blocks that start at `at`."""
    while size := content[at]:
        at += 1 + size
    return at + 1


_STRIPPERS: dict[str, Callable[[bytes], bytes]] = {"png": _png, "jpeg": _jpeg, "webp": _webp, "gif": _gif}

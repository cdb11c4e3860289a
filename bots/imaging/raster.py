"""Pictures as bytes: reading them without harm and re-encoding them to what a platform takes.

Nothing here knows a file name or an address. The same bytes and the same target always give the same bytes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bots.imaging.colour import on_white, plain
from bots.imaging.stripping import check_scans, stripped

MAX_PIXELS = 40_000_000
"""A 10 KiB PNG can unpack to 324 MB without a warning from Pillow (reliability.md 6), so the limit is ours."""

_READABLE = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
_PLAIN_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
_ORIENTATION = 0x0112
_LYING = (5, 6, 7, 8)
"""Orientations in which width and height change places."""
_QUALITIES = (88, 80, 70)
_SMALLEST = 16
"""Pixels of the longer side below which shrinking further is pointless."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a platform takes for one picture."""

    max_bytes: int
    max_sum: int = 0
    """Most pixels that width and height may have together, 0 for no limit."""
    max_ratio: float = 0
    """Most times that one side may be longer than the other, 0 for no limit."""
    formats: tuple[str, ...] = ("jpeg", "png")
    """Lower case, of jpeg, png, gif and webp."""
    opaque: bool = False
    """True where the platform paints transparent places in a colour of its own: they become white here."""


def look(content: bytes) -> tuple[int, int]:
    """Width and height as a reader sees them. Raises ValueError, in words, for what can't be decoded."""
    image = _decode(content)
    width, height = image.size
    return (height, width) if image.getexif().get(_ORIENTATION, 1) in _LYING else (width, height)


def is_large(size: tuple[int, int]) -> bool:
    """Whether a chat's photo viewer would spoil a picture of that size.

    Telegram refuses such photos (telegram.md 2), or scales them to about 2560 pixels, and then nobody can read a long
    screenshot any more.
    """
    longer, shorter = max(size), min(size)
    return longer + shorter > 10_000 or longer > 20 * shorter or (longer > 2 * 2560 and longer > 3 * shorter)


def reencode(content: bytes, target: Target) -> bytes:
    """The picture within `target`, turned as its EXIF data says, without metadata; the same pixels if they already fit.

    Of an animation that has to change only the first frame is left. Raises ValueError, in words, for bytes that are no
    picture, are damaged, or can't be made small enough.
    """
    image = _decode(content)
    if _fits(content, image, target):
        return stripped(content, _kind(image))
    upright = ImageOps.exif_transpose(image)
    shaped = _scaled(_padded(plain(upright), target.max_ratio), target)
    while max(shaped.size) >= _SMALLEST:
        for attempt in _attempts(shaped, target):
            if len(attempt) <= target.max_bytes:
                return attempt
        shaped = _resized(shaped, 4, 5)
    raise ValueError(f"it can't be made smaller than {target.max_bytes:,} bytes")


def _decode(content: bytes) -> Image.Image:
    """The first frame, decoded whole."""
    check_scans(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=_READABLE)
            pixels = image.width * image.height
            if pixels <= MAX_PIXELS:
                image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValueError("it has more than 40 million pixels") from None
    except UnidentifiedImageError:
        raise ValueError("it is not a PNG, JPEG, WEBP, GIF, AVIF, BMP or TIFF picture") from None
    except Exception as e:  # damaged files make Pillow's decoders raise nearly anything
        raise ValueError(f"it is damaged ({e})") from e
    if pixels > MAX_PIXELS:
        raise ValueError("it has more than 40 million pixels")
    return image


def _kind(image: Image.Image) -> str:
    """The format by its name in `Target.formats`; phones hang a second picture behind a JPEG, and call that MPO."""
    return {"MPO": "jpeg"}.get(image.format or "", (image.format or "").lower())


def _fits(content: bytes, image: Image.Image, target: Target) -> bool:
    return (
        _kind(image) in target.formats
        and len(content) <= target.max_bytes
        and not (target.max_sum and sum(image.size) > target.max_sum)
        and not (target.max_ratio and max(image.size) > target.max_ratio * min(image.size))
        and image.getexif().get(_ORIENTATION, 1) == 1
        and image.mode in _PLAIN_MODES
        and not (target.opaque and image.has_transparency_data)
    )


def _padded(image: Image.Image, ratio: float) -> Image.Image:
    """White (or transparent) bars at the longer sides of a strip that is longer than `ratio` allows."""
    width, height = image.size
    if not ratio or max(width, height) <= ratio * min(width, height):
        return image
    least = int(max(width, height) / ratio) + 1
    size = (max(width, least), max(height, least))
    canvas = Image.new(image.mode, size, (255, 255, 255, 0) if image.mode == "RGBA" else (255, 255, 255))
    canvas.paste(image, ((size[0] - width) // 2, (size[1] - height) // 2))
    return canvas


def _scaled(image: Image.Image, target: Target) -> Image.Image:
    total = sum(image.size)
    return image if not target.max_sum or total <= target.max_sum else _resized(image, target.max_sum, total)


def _resized(image: Image.Image, times: int, by: int) -> Image.Image:
    """The picture at `times / by` of its size; the shorter side is rounded up, so that no ratio gets worse."""
    longer, shorter = max(image.size) * times // by, -(-min(image.size) * times // by)
    size = (longer, shorter) if image.width >= image.height else (shorter, longer)
    return image.resize(size, Image.Resampling.LANCZOS)


def _attempts(image: Image.Image, target: Target) -> Iterator[bytes]:
    """The picture in the formats the target takes, the one that suits it best first."""
    if target.opaque:
        image = on_white(image)
    drawn = image.convert("RGB").getcolors(256) is not None
    if "png" in target.formats and (drawn or "jpeg" not in target.formats):
        yield _saved(image, "PNG", optimize=True)
    if "jpeg" in target.formats:
        for quality in _QUALITIES:
            yield _saved(on_white(image), "JPEG", quality=quality, optimize=True)
    elif "webp" in target.formats:
        yield _saved(image, "WEBP", quality=_QUALITIES[0])
    elif "gif" in target.formats:
        yield _saved(image, "GIF")


def _saved(image: Image.Image, kind: str, *, quality: int = 0, optimize: bool = False) -> bytes:
    out = io.BytesIO()
    options = {"quality": quality} if quality else {}
    image.save(out, kind, optimize=optimize, icc_profile=None, exif=b"", **options)
    return out.getvalue()

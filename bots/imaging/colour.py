"""Pixels as every viewer shows them: eight bits, RGB, the colours of sRGB."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_PROFILED = ("RGB", "CMYK", "L")
"""Modes that a colour profile can be about."""


def plain(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent: CMYK, 16 bit, palettes and wide gamuts scale and show badly."""
    if image.mode.startswith(("I;16", "I")):
        return _eight_bits(image).convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        colours = _standard(clear.convert("RGB"), image)
        colours.putalpha(clear.getchannel("A"))
        return colours
    return _standard(image if image.mode in _PROFILED else image.convert("RGB"), image).convert("RGB")


def on_white(image: Image.Image) -> Image.Image:
    """RGB, white where the picture is transparent."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts 16 bit values off at 255, which leaves a white page."""
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _standard(image: Image.Image, original: Image.Image) -> Image.Image:
    """The picture in the colours of sRGB, as it is sent without its profile; unchanged if that makes no sense."""
    profile = original.info.get("icc_profile")
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return changed if changed is not None else image

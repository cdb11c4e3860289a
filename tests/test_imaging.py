"""What is made of a picture's bytes: what is not sent along, drawings, sizes. Files and downloads: test_pictures.py."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ImageCms import ImageCmsProfile, createProfile
from PIL.PngImagePlugin import PngInfo

from bots.imaging.raster import is_large, look
from bots.imaging.stripping import stripped
from bots.pictures import Pictures, Target, reencode

ANYTHING = Target(max_bytes=10**7)


def picture(kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((60, 40)).save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


# ---------------------------------------------------------------- what is not sent along


def secret(kind: str) -> bytes:
    """A picture with a place, a camera and a remark in it, and something hung on behind its end."""
    image = Image.linear_gradient("L").convert("RGB").resize((60, 40))
    exif = Image.Exif()
    exif[0x010F] = "SECRET camera"
    exif.get_ifd(0x8825)[1] = "SECRET"  # GPS
    out = io.BytesIO()
    options: dict[str, Any] = {"comment": b"SECRET remark"} if kind in ("JPEG", "GIF") else {}
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", "SECRET words")
    if kind in ("JPEG", "WEBP"):
        options["xmp"] = b"<x>SECRET words</x>"
    image.save(out, kind, exif=exif, icc_profile=ImageCmsProfile(createProfile("sRGB")).tobytes(), **options)
    return out.getvalue() + b"SECRET behind the end"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_that_fits_is_sent_without_what_nobody_sees(kind: str) -> None:
    content = secret(kind)
    result = reencode(content, Target(10**7, formats=(kind.lower(),)))
    assert (b"SECRET" in content, b"SECRET" in result) == (True, False)
    before, after = opened(content), opened(result)
    assert (after.size, after.convert("RGB").tobytes()) == (before.size, before.convert("RGB").tobytes())
    assert after.info.get("icc_profile") == before.info.get("icc_profile")
    assert not after.getexif()


def test_an_animation_keeps_its_frames_and_loops_for_ever() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], loop=0, duration=70, comment=b"SECRET")
    result = reencode(out.getvalue(), Target(10**7, formats=("gif",)))
    after = opened(result)
    assert (getattr(after, "n_frames", 1), after.info.get("loop"), after.info.get("duration")) == (3, 0, 70)
    assert b"SECRET" not in result


@settings(deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), st.data())
def test_stripping_damaged_bytes_raises_only_value_errors(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        stripped(bytes(content[: data.draw(st.integers(0, len(content)))]), kind.lower())


def test_sixteen_bits_of_grey_stay_grey() -> None:
    content = io.BytesIO()
    Image.new("I;16", (20, 20), 0x8000).save(content, "PNG")
    assert opened(reencode(content.getvalue(), ANYTHING)).convert("RGB").getpixel((5, 5)) == (128, 128, 128)


# ---------------------------------------------------------------- vector drawings

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
# words -> drawing, then its size as a picture or what is wrong with it
DRAWINGS = {
    "twice as many pixels as it counts": (f'<svg {SVG} width="200" height="100"><rect width="9"/></svg>', "400x200"),
    "its box where it has no size": (f'<svg {SVG} viewBox="0 0 24 24"/>', "48x48"),
    "no more pixels than a chat shows": (f'<svg {SVG} width="90000" height="45000"/>', "2560x1280"),
    "a declaration and a remark before it": (
        f'<?xml version="1.0"?><!-- a --><svg {SVG} width="9" height="9"/>',
        "18x18",
    ),
    "a picture in it": (f'<svg {SVG} width="9" height="9"><image href="data:image/png;base64,AA"/></svg>', "18x18"),
    "a file of the machine": (
        f'<svg {SVG} width="9" height="9"><image xlink:href="/etc/passwd"/></svg>',
        "other files",
    ),
    "an address": (f'<svg {SVG} width="9" height="9"><use href="https://a.example/b.svg#c"/></svg>', "other files"),
    "a file by an entity": (
        f'<!DOCTYPE svg [<!ENTITY a "/etc/passwd">]><svg {SVG} width="9" height="9"><image href="&a;"/></svg>',
        "other files",
    ),
    "a drawing in the drawing": (
        f'<svg {SVG} width="9" height="9"><image href="data:image/svg+xml;base64,AA"/></svg>',
        "other files",
    ),
    "HTML in it": (f'<svg {SVG} width="9" height="9"><foreignObject/></svg>', "HTML"),
    "a line": (f'<svg {SVG} width="900000" height="1"/>', "100 times"),
    "no size": (f"<svg {SVG}/>", "how large"),
    "cut short": (f'<svg {SVG} width="9"', "damaged"),
    "very deep": (f'<svg {SVG} width="9" height="9">{"<g>" * 100_000}{"</g>" * 100_000}</svg>', "too much memory"),
    "very long": (f'<svg {SVG} width="9" height="9"><!--{"a" * 2 * 1024 * 1024}--></svg>', "2 MiB"),
}


@pytest.mark.parametrize("case", DRAWINGS)
def test_what_a_drawing_becomes(tmp_path: Path, case: str) -> None:
    source, expected = DRAWINGS[case]
    (tmp_path / "a.svg").write_text(source)
    found = Pictures(tmp_path, root=None, cache=tmp_path / "cache")
    if "x" in expected and expected[0].isdigit() and "times" not in expected:
        width, height = found.size("a.svg")
        assert f"{width}x{height}" == expected
        assert opened(found.content("a.svg")).convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        assert found.original("a.svg").decode() == source
    else:
        assert expected in found.unreadable(["a.svg"])["a.svg"]


def test_a_drawing_is_made_once(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        (tmp_path / name).write_text(f'<svg {SVG} width="9" height="9"/>')
    found = Pictures(tmp_path, root=None, cache=tmp_path / "cache")
    content = found.content("a.svg")
    [kept] = found.cache.iterdir()
    kept.write_bytes(b"kept")
    assert content != found.content("b.svg") == b"kept"


# ---------------------------------------------------------------- large pictures

LARGE = {
    "a photo": ((4000, 3000), False),
    "a telephone's screenshot": ((1080, 2400), False),
    "a long screenshot": ((1080, 9000), True),
    "a strip": ((2100, 100), True),
    "a poster": ((6000, 5000), True),
    "a high page": ((1700, 5120), False),
}


@pytest.mark.parametrize("case", LARGE)
def test_which_pictures_a_photo_viewer_would_spoil(case: str) -> None:
    (width, height), large = LARGE[case]
    assert (is_large((width, height)), is_large((height, width))) == (large, large)


def test_a_lying_photo_is_measured_as_it_stands() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    assert look(picture("JPEG", exif=exif)) == (40, 60)

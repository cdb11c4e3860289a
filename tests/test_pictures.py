"""Pictures: which files and addresses may be read, how downloads are guarded, and what is made of the bytes."""

from __future__ import annotations

import base64
import contextlib
import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bots.errors import PostError
from bots.imaging.raster import look
from bots.pictures import Pictures, Target, reencode
from bots.posts import find, read
from tests.picture_world import ANYTHING, animation, huge, lay_out, opened, picture, pictures


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


TINY = base64.b64encode(picture()).decode()
READABLE = [
    *("imgs/a.png", "./imgs/a.png", "../imgs/b c.png", "../imgs/b%20c.png", "imgs/a.png?v=2#x", "a?b.png", "in.png"),
    *("/imgs/b c.png", "/2025/imgs/a.png", "/d.png", "imgs\\a.png", "imgs/../imgs/a.png"),
    *(f"data:image/png;base64,{TINY}", f"DATA:image/png;base64,{TINY}"),
]


@pytest.mark.parametrize("source", READABLE)
def test_pictures_that_can_be_read(blog: Path, source: str) -> None:
    assert pictures(blog).unreadable([source]) == {}
    assert opened(pictures(blog).content(source)).size == (60, 40)


UNREADABLE = {
    "imgs/none.png": "no such file",
    "imgs": "no such file",
    "": "no such file",
    "/imgs/none.png": "no such file",
    "text.png": "not a PNG",
    "cut.png": "damaged",
    "huge.png": "40 million pixels",
    "loop.png": "can't be followed",
    "a" * 300: "no such file",
    "ftp://example.org/a.png": "ftp: addresses",
    "data:image/png;base64": "not a complete data: address",
    "data:image/png;base64,%%%": "base64 is damaged",
    "data:image/svg+xml,<svg/>": "not a PNG",
    f"data:image/png;base64,{'A' * 1024 * 1024}": "over 1 MiB",
}


@pytest.mark.parametrize("source", UNREADABLE, ids=lambda source: source[:40])
def test_pictures_that_cannot_be_read_say_why(blog: Path, source: str) -> None:
    reasons = pictures(blog).unreadable([source])
    assert UNREADABLE[source] in reasons.get(source, "")


ESCAPES = [
    *("../../secret.png", "../../none.png", "..%2f..%2fsecret.png", "imgs/../../../secret.png", "out.png"),
    *("..\\..\\secret.png", "/../secret.png", "/%2e%2e/secret.png", "%2Fetc/passwd", "/etc/passwd", "/etc"),
    *("file:///etc/passwd", "FILE:secret.png", "\\\\server\\share\\a.png", "C:\\a.png", "c:/a.png"),
    *("imgs/a.png\0", "imgs/a%00.png"),
]


@pytest.mark.parametrize("source", ESCAPES)
def test_a_path_that_leaves_the_folder_is_an_error(blog: Path, source: str) -> None:
    with pytest.raises(PostError) as caught:
        pictures(blog).unreadable([source])
    assert caught.value.remedy
    with pytest.raises(PostError):
        pictures(blog).content(source)


def test_without_a_root_only_the_posts_own_folder_is_open(blog: Path) -> None:
    alone = pictures(blog, root=None, assets=())
    assert alone.unreadable(["imgs/a.png", "/imgs/a.png"]) == {"/imgs/a.png": "there is no such file"}
    with pytest.raises(PostError):
        alone.unreadable(["../imgs/b c.png"])


@settings(deadline=None)
@given(st.text("./\\%2eEfF~a:0 ", max_size=30))
def test_no_path_reaches_a_file_outside(tmp_path_factory: pytest.TempPathFactory, source: str) -> None:
    base = tmp_path_factory.getbasetemp() / "guard"
    (base / "posts" / "a").mkdir(parents=True, exist_ok=True)
    for name in ("a", "e", "f", "0", "a0"):
        (base / name).write_bytes(picture())
    built = Pictures(base / "posts" / "a", root=base / "posts", cache=base / "cache")
    try:
        assert set(built.unreadable([source])) <= {source}
    except PostError:
        return
    with pytest.raises(ValueError, match=r"\w"):
        built.content(source)


# ---------------------------------------------------------------- re-encoding

# words -> picture, target, then what comes out: format and size, "same" for the very same bytes
SHAPES = {
    "a PNG that fits": (picture(), ANYTHING, "same"),
    "a JPEG that fits": (picture("JPEG"), ANYTHING, "same"),
    "an animation where GIF is taken": (animation(), replace(ANYTHING, formats=("gif",)), "same"),
    "an animation where it is not": (animation(), ANYTHING, "PNG 60x40"),
    "a WEBP of few colours": (picture("WEBP", lossless=True), ANYTHING, "PNG 60x40"),
    "a WEBP of many": (picture("WEBP", noise=True), ANYTHING, "PNG 60x40"),
    "an AVIF": (picture("AVIF", noise=True), replace(ANYTHING, formats=("jpeg",)), "JPEG 60x40"),
    "a BMP": (picture("BMP"), replace(ANYTHING, formats=("jpeg",)), "JPEG 60x40"),
    "a TIFF": (picture("TIFF"), replace(ANYTHING, formats=("png",)), "PNG 60x40"),
    "a JPEG for GIF": (picture("JPEG"), replace(ANYTHING, formats=("gif",)), "GIF 60x40"),
    "a JPEG for WEBP": (picture("JPEG"), replace(ANYTHING, formats=("webp",)), "WEBP 60x40"),
    "wider and higher than allowed": (picture(size=(900, 300)), replace(ANYTHING, max_sum=600), "PNG 450x150"),
    "a wide strip": (picture(size=(900, 10)), replace(ANYTHING, max_ratio=20), "PNG 900x46"),
    "a high strip": (picture(size=(10, 900)), replace(ANYTHING, max_ratio=20), "PNG 46x900"),
    "a strip of one pixel": (picture(size=(9000, 1)), Target(10**7, max_sum=5000, max_ratio=20), "PNG 4761x239"),
    "16 bits": (picture(mode="I;16"), ANYTHING, "PNG 60x40"),
    "CMYK": (picture("JPEG", mode="CMYK"), replace(ANYTHING, formats=("jpeg",)), "JPEG 60x40"),
    "grey": (picture(mode="L"), ANYTHING, "same"),
    "palette": (picture(mode="P"), ANYTHING, "same"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_what_a_picture_becomes(case: str) -> None:
    content, target, expected = SHAPES[case]
    result = reencode(content, target)
    image = opened(result)
    assert ("same" if result == content else f"{image.format} {image.width}x{image.height}") == expected
    assert reencode(content, target) == result
    assert reencode(result, target) == result


def test_a_picture_is_shrunk_until_its_bytes_fit() -> None:
    for formats in (("jpeg",), ("png",), ("jpeg", "png"), ("gif",)):
        target = Target(max_bytes=30_000, formats=formats)
        result = reencode(picture(size=(500, 400), noise=True), target)
        assert len(result) <= 30_000
        width, height = opened(result).size
        assert abs(width / height - 1.25) < 0.05
        assert width > 100


def test_transparency_becomes_white_where_it_must() -> None:
    clear = picture(mode="RGBA")
    assert reencode(clear, ANYTHING) == clear
    for target in (replace(ANYTHING, opaque=True), replace(ANYTHING, formats=("jpeg",))):
        assert opened(reencode(clear, target)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_a_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    result = opened(reencode(picture("JPEG", exif=exif), ANYTHING))
    assert result.size == (40, 60)
    assert result.getexif().get(0x0112, 1) == 1
    top, bottom = result.convert("RGB").getpixel((20, 10)), result.convert("RGB").getpixel((20, 50))
    assert (top, bottom) == ((255, 0, 0), (0, 0, 0)) or (top[0] > 200 and bottom[0] < 50)  # type: ignore[index]


NO_PICTURES = {
    "nothing": (b"", "not a PNG"),
    "text": (b"hello", "not a PNG"),
    "a JPEG of very many scans": (b"\xff\xd8" + b"\xff\xda" * 101, "scans"),
    "a picture cut short": (picture(noise=True)[:-500], "damaged"),
    "64 million pixels": (huge(), "40 million"),
}


@pytest.mark.parametrize("case", NO_PICTURES)
def test_what_is_no_picture_says_so(case: str) -> None:
    content, words = NO_PICTURES[case]
    with pytest.raises(ValueError, match=words):
        reencode(content, ANYTHING)


def test_a_target_that_no_picture_can_meet_is_told() -> None:
    with pytest.raises(ValueError, match="can't be made smaller"):
        reencode(picture(noise=True), Target(max_bytes=10))


@settings(deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]), st.data())
def test_damaged_bytes_raise_only_value_errors(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        look(bytes(content[: data.draw(st.integers(0, len(content)))]))


# ---------------------------------------------------------------- the column's own


def test_the_columns_own_issues_show_every_picture_that_is_drawn(tmp_path: Path) -> None:
    folder = Path(__file__).parent.parent / "posts"
    shown: list[str] = []
    for path in find(folder):
        post = read(path, ZoneInfo("Asia/Shanghai"))
        sources = re.findall(r'<img src="([^"]+)"', post.body)
        assert Pictures(path.parent, root=folder, cache=tmp_path).unreadable(sources) == {}
        assert (post.warnings, bool(post.title and post.date and sources)) == ((), True)
        shown += [Path(source).name for source in sources]
    assert sorted(shown) == sorted(file.name for file in (folder / "imgs").iterdir())

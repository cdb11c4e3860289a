"""Pictures to try things on, and a blog they lie in."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bots.pictures import Pictures, Target

ANYTHING = Target(max_bytes=10**7)


def picture(
    kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", *, noise: bool = False, **options: object
) -> bytes:
    """A picture with a red left half, or one of noise that compresses badly."""
    image = Image.new(mode, size)
    if noise:
        image = Image.effect_noise(size, 90).convert(mode)
    elif mode == "RGB":
        image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def animation() -> bytes:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def huge() -> bytes:
    """A PNG that says it has 64 million pixels; a reader that starts to unpack it finds it damaged instead."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8000, 8000, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"junk") + chunk(b"IEND", b"")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def lay_out(tmp_path: Path) -> Path:
    """A blog's folder: posts/2025/a.md with pictures around it, and a secret outside."""
    for name in ("posts/2025/imgs/a.png", "posts/imgs/b c.png", "static/d.png", "secret.png", "posts/2025/a?b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(picture())
    (tmp_path / "posts/2025/text.png").write_text("no picture")
    (tmp_path / "posts/2025/cut.png").write_bytes(picture(noise=True)[:-500])
    (tmp_path / "posts/2025/huge.png").write_bytes(huge())
    (tmp_path / "posts/2025/in.png").symlink_to(tmp_path / "posts/imgs/b c.png")
    (tmp_path / "posts/2025/out.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "posts/2025/loop.png").symlink_to(tmp_path / "posts/2025/loop.png")
    return tmp_path


def pictures(blog: Path, **options: object) -> Pictures:
    built = Pictures(blog / "posts/2025", root=blog / "posts", cache=blog / "cache", assets=(blog / "static",))
    return replace(built, **options)  # type: ignore[arg-type]

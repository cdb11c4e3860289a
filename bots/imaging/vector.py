"""SVG pictures: drawn as PNG by a process of their own, see `bots.imaging.drawing`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

MAX_BYTES = 2 * 1024 * 1024
_SECONDS = 10.0
_PROGRAM = Path(__file__).with_name("drawing.py")
_ROOT = re.compile(rb"<(?:\w+:)?svg[\s>]")


def is_svg(content: bytes) -> bool:
    """Whether the bytes are meant to be an SVG; a raster picture never starts with "<"."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") and _ROOT.search(start) is not None


def drawn(content: bytes) -> bytes:
    """The SVG as PNG, the same for the same bytes, fonts and library. Raises ValueError, in words."""
    if len(content) > MAX_BYTES:
        raise ValueError("it is an SVG of more than 2 MiB")
    try:
        # Isolated and without our environment: whatever a drawing does, there is no token in reach.
        command = [sys.executable, "-I", str(_PROGRAM)]
        ended = subprocess.run(  # noqa: S603 - our own program, nothing of the drawing on its command line
            command, input=content, capture_output=True, timeout=_SECONDS, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"drawing the SVG takes longer than {_SECONDS:g} s") from None
    if ended.returncode == 2:
        raise ValueError(ended.stderr.decode("utf-8", "replace"))
    if ended.returncode:
        raise ValueError("drawing the SVG takes too much memory or time")
    return ended.stdout

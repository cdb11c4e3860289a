"""The program that draws one SVG: read from standard input, written as PNG to standard output.

It runs alone, under limits, because a drawing can name any file of the machine and make the library ask for terabytes,
which ends the process (`bots.imaging.vector` starts it). On a complaint it ends with 2 and the words on standard error.
"""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

_BYTES = 1024 * 1024 * 1024
_SECONDS = 5
_LONGEST = 2560
"""Pixels of the longer side: what chats show at most."""
_ZOOM = 2
"""Screens have twice the pixels that a drawing counts in."""
_FAMILIES = (
    "Noto Sans",
    "DejaVu Sans",
    "Liberation Sans",
    "Arial",
    "Helvetica",
    "Segoe UI",
    "Noto Sans CJK SC",
    "WenQuanYi Micro Hei",
)
_LOADING = ("image", "feImage", "use")
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)(?:px|pt|pc|mm|cm|in|em|rem)?\s*")


def main() -> int:
    """Draw; 0 for a drawing on standard output, 2 for a reason on standard error."""
    _limit()
    try:
        drawn = draw(sys.stdin.buffer.read())
    except ValueError as reason:
        sys.stderr.write(str(reason))
        return 2
    sys.stdout.buffer.write(drawn)
    return 0


def draw(content: bytes) -> bytes:
    """The drawing as PNG on white. Raises ValueError, in words."""
    import resvg_py

    try:
        source = content.decode("utf-8-sig")
        root = ElementTree.fromstring(source)  # noqa: S314 - expat bounds entities, and this process is expendable
    except (UnicodeDecodeError, ElementTree.ParseError) as e:
        raise ValueError(f"the SVG is damaged ({e})") from None
    width, height = _size(root)
    longest = round(min(_LONGEST, _ZOOM * max(width, height)))
    # For text that names no font, or one that is not there; no drawing's own font is likely to be.
    family = _family() if _check(root) else None
    return resvg_py.svg_to_bytes(
        source,
        background="white",
        width=longest if width >= height else None,
        height=longest if width < height else None,
        font_family=family,
        sans_serif_family=family,
        serif_family=family,
    )


def _family() -> str:
    """The first of `_FAMILIES` on this machine: without one the library leaves text out and says nothing."""
    import resvg_py

    probe = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">x</text></svg>'
    nothing = resvg_py.svg_to_bytes(probe, skip_system_fonts=True)
    for family in _FAMILIES:
        if resvg_py.svg_to_bytes(probe, font_family=family) != nothing:
            return family
    raise ValueError("this machine has no font for the text in the SVG")


def _check(root: ElementTree.Element) -> bool:
    """Whether there is text in it. Raises ValueError for what would be missing from the drawing."""
    texts = False
    for element in root.iter():
        name = _local(element.tag)
        if name == "foreignObject":
            raise ValueError("the SVG holds HTML, which can't be drawn")
        texts = texts or (name == "text" and bool("".join(element.itertext()).strip()))
        if name in _LOADING and not all(map(_inside, _references(element))):
            raise ValueError("the SVG refers to other files")
    return texts


def _references(element: ElementTree.Element) -> list[str]:
    return [value.strip() for name, value in element.attrib.items() if _local(name) == "href"]


def _inside(reference: str) -> bool:
    """True for a part of the drawing, or a picture in it; a drawing inside the drawing could name files again."""
    lowered = reference.lower()
    return lowered.startswith("#") or (lowered.startswith("data:image/") and "svg" not in lowered[:32])


def _size(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height in user units; their ratio is what counts."""
    if _local(root.tag) != "svg":
        raise ValueError("it is not an SVG picture")
    box = [float(number) for number in re.findall(r"-?[0-9]*\.?[0-9]+", root.get("viewBox", ""))]
    own = [_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height")]
    sides = [float(length[1]) for length in own if length] if all(own) else box[2:4]
    if len(sides) < 2 or min(sides) <= 0:
        raise ValueError("the SVG does not say how large it is")
    if max(sides) > 100 * min(sides):
        raise ValueError("the SVG is a line, more than 100 times longer than wide")
    return sides[0], sides[1]


def _local(name: object) -> str:
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())

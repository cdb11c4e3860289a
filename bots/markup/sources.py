"""Which picture an `<img>` shows: pages that load pictures late keep the address out of `src`."""

from __future__ import annotations

from collections.abc import Mapping

_LATE = ("data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-lazy", "data-url")
_PLACEHOLDERS = ("data:image/gif;", "data:image/svg+xml", "about:")


def source_of(attrs: Mapping[str, str]) -> str:
    """The address of the picture itself, empty for none."""
    source = attrs.get("src", "").strip()
    late = next((attrs[name].strip() for name in _LATE if attrs.get(name, "").strip()), "")
    if late and (not source or source.startswith(_PLACEHOLDERS) or "loading" in source or "placeholder" in source):
        return late
    return source or _largest(attrs.get("srcset") or attrs.get("data-srcset") or "")


def _largest(candidates: str) -> str:
    """The one of `a.jpg 480w, b.jpg 2x` with the highest number."""
    found: list[tuple[float, str]] = []
    for candidate in candidates.replace("\n", " ").split(", "):
        address, _, size = candidate.strip().rstrip(",").partition(" ")
        number = size.strip().rstrip("wxh")
        found.append((float(number) if number.replace(".", "", 1).isdigit() else 1.0, address))
    return max(found, key=lambda one: one[0])[1] if found else ""

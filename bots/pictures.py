"""A post's pictures: where they are, whether they can be read, and their bytes.

A source is what stands in the post: a path, an http(s) address or a `data:` address. Only files beneath the post's own
folder, the posts' root or the asset folders are ever opened (reliability.md 6).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, unquote_to_bytes

import aiohttp

from bots.errors import PostError
from bots.imaging.raster import Target, look, reencode
from bots.imaging.remote import Allowance, RemoteError, download, session
from bots.imaging.vector import drawn, is_svg

__all__ = ["Pictures", "Target", "reencode"]

MAX_DATA = 1024 * 1024
MAX_FILE = 50 * 1024 * 1024
_AT_ONCE = 4
"""Downloads at a time: enough to hide the waiting, too few to annoy a server."""
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_INSIDE = "Put the picture beside the post and name it by a relative path."


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of one post."""

    folder: Path
    """Where the post lies; relative paths start here."""
    root: Path | None
    """The posts' folder: what a leading slash means, and as far up as `..` may lead. None: no further than `folder`."""
    cache: Path
    """Folder for downloads and for what was drawn from SVGs, made when it is needed."""
    kept: Path | None = None
    """Folder for the pictures as they were when the post was approved."""
    remote: Literal["fetch", "link"] = "fetch"
    """What becomes of pictures on the web: downloaded and uploaded again, or a link in the text."""
    assets: Sequence[Path] = ()
    """More folders that a leading slash may mean (Hugo: static, Astro: public, Hexo: source)."""
    allowance: Allowance = field(default_factory=Allowance)
    frozen: bool = False
    """Only what was kept is read."""

    def unreadable(self, sources: Iterable[str]) -> dict[str, str]:
        """Source -> why it can't be read, for files and `data:` addresses; touches no network.

        Raises PostError for a path that leaves the post's folder.
        """
        failed: dict[str, str] = {}
        for source in dict.fromkeys(sources):
            try:
                if not is_remote(source):
                    self.size(source)
            except ValueError as e:
                failed[source] = str(e)
        return failed

    async def fetch(self, sources: Iterable[str]) -> dict[str, str]:
        """Download what is on the web and not in the cache yet; source -> why it could not be had."""
        wanted = [source for source in dict.fromkeys(sources) if is_remote(source)]
        if self.remote == "link":
            return dict.fromkeys(wanted, "pictures on the web are linked, not sent")
        lanes = asyncio.Semaphore(_AT_ONCE)
        async with session(self.allowance) as client:

            async def one(source: str) -> str:
                async with lanes:
                    return await self._fetch(client, source)

            reasons = await asyncio.gather(*map(one, wanted))
        return {source: reason for source, reason in zip(wanted, reasons, strict=True) if reason}

    async def _fetch(self, client: aiohttp.ClientSession, source: str) -> str:
        """Why the picture could not be had, empty when it lies in the cache."""
        if self._cached(source).is_file():
            return ""
        try:
            content = await download(client, _address(source), self.allowance)
            await asyncio.to_thread(self._readable, content)
            _store(self._cached(source), content)
        except (RemoteError, ValueError, OSError) as e:
            return str(e)
        return ""

    def is_here(self, source: str) -> bool:
        """False for a picture on the web that was not fetched."""
        return not is_remote(source) or self._cached(source).is_file()

    def size(self, source: str) -> tuple[int, int]:
        """Width and height as a reader sees them. Raises as `content` does, and ValueError for what is no picture."""
        return look(self.content(source))

    def content(self, source: str) -> bytes:
        """The picture's bytes, of an SVG its drawing as PNG; a picture on the web must have been fetched.

        Raises ValueError, in words, if it can't be read, and PostError if it leaves the post's folder.
        """
        return self._drawn(self.original(source))

    def original(self, source: str) -> bytes:
        """The picture's bytes as the author has them; raises as `content` does."""
        if self.frozen:
            return _kept(self.kept, source)
        if is_remote(source):
            cached = self._cached(source)
            if not cached.is_file():
                raise ValueError("it has not been fetched")
            return cached.read_bytes()
        if _scheme(source) == "data":
            return _data(source)
        return _file(self._path(source))

    def keep(self, sources: Iterable[str]) -> None:
        """Keep the pictures as they are now in the place of those kept before, for `as_kept`; raises as `original`."""
        self.let_go()
        if self.kept is not None:
            for source in sources:
                _store(self.kept / _name(source), self.original(source))

    def let_go(self) -> None:
        """Nobody needs the kept pictures any more."""
        if self.kept is not None:
            shutil.rmtree(self.kept, ignore_errors=True)

    def as_kept(self) -> Pictures:
        """The same pictures as they were when they were kept."""
        return replace(self, frozen=True)

    def _readable(self, content: bytes) -> None:
        look(self._drawn(content))

    def _drawn(self, content: bytes) -> bytes:
        """SVGs are drawn once: whatever file or address has the same drawing, it is found by its content."""
        if not is_svg(content):
            return content
        kept = self.cache / f"{hashlib.sha256(content).hexdigest()}.png"
        if kept.is_file():
            return kept.read_bytes()
        made = drawn(content)
        _store(kept, made)
        return made

    def _cached(self, source: str) -> Path:
        return self.cache / _name(_address(source))

    def _path(self, source: str) -> Path:
        """The file that `source` means, checked to lie where files may be opened; it need not exist."""
        if "\0" in unquote(source) or source.startswith("\\") or _scheme(source) == "file" or _is_drive(source):
            raise PostError(f"The picture {source!r} is a path of this machine.", remedy=_INSIDE)
        if _scheme(source):
            raise ValueError(f"{_scheme(source)}: addresses are not pictures")
        inside = [self._guarded(base / path, source) for path in _spellings(source) for base in self._bases(source)]
        found = next((path for path in inside if _is_file(path)), None)
        if found is None and source.startswith("/") and os.path.lexists(source):
            raise PostError(f"The picture {source!r} is a path of this machine.", remedy=_INSIDE)
        if found is None:
            raise ValueError("there is no such file")
        return found

    def _bases(self, source: str) -> list[Path]:
        if not source.startswith("/"):
            return [self.folder]
        return [*([self.root] if self.root else []), *self.assets]

    def _guarded(self, path: Path, source: str) -> Path:
        """The real file behind `path`, links followed."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError) as e:  # RuntimeError: a symbolic link to itself
            raise ValueError("the path can't be followed") from e
        allowed = (self.folder, *([self.root] if self.root else []), *self.assets)
        if not any(real.is_relative_to(base.resolve()) for base in allowed):
            raise PostError(f"The picture {source!r} leaves the post's folder.", remedy=_INSIDE)
        return real


def is_remote(source: str) -> bool:
    """Whether a source is on the web: `//host/a.png` is, `/a.png` is not."""
    return source.startswith("//") or _scheme(source) in ("http", "https")


def _address(source: str) -> str:
    return f"https:{source}" if source.startswith("//") else source


def _scheme(source: str) -> str:
    match = _SCHEME.match(source)
    return match[1].lower() if match else ""


def _is_drive(source: str) -> bool:
    return len(_scheme(source)) == 1


def _spellings(source: str) -> list[str]:
    """The path as written, then as an address (`%20` is a space, `?v=2` names no file), then as Windows writes it."""
    relative = source.lstrip("/")
    address = re.split(r"[?#]", relative)[0]
    return list(dict.fromkeys((relative, unquote(relative), unquote(address), relative.replace("\\", "/"))))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the name is longer than a file's may be, or a folder may not be looked into
        return False


def _file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise ValueError("it is larger than 50 MiB")
        return path.read_bytes()
    except OSError as e:
        raise ValueError(f"it can't be read: {e.strerror}") from e


def _data(source: str) -> bytes:
    if len(source) > MAX_DATA:
        raise ValueError("data: addresses over 1 MiB are not read")
    head, comma, body = source.partition(",")
    if not comma:
        raise ValueError("it is not a complete data: address")
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode("".join(unquote(body).split()), validate=True)
    except binascii.Error as e:
        raise ValueError("its base64 is damaged") from e


def _name(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _kept(folder: Path | None, source: str) -> bytes:
    path = folder / _name(source) if folder is not None else None
    if path is None or not path.is_file():
        raise ValueError("it was not kept")
    return path.read_bytes()


def _store(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as half:
        half.write(content)
    Path(half.name).replace(path)

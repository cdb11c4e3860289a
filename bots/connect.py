"""From a chat that was found to a destination in config.yaml, without touching anything else in that file."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from bots import config
from bots.configtext import entry, inserted, snippet
from bots.errors import ConfigError
from bots.model import Destination
from bots.platforms.setup import Finder, Found

_LONGEST_NAME = 30
_BY_HAND = "Leave out --write and paste the lines by hand."


@dataclass(frozen=True, slots=True)
class Connected:
    """A chat that became a destination."""

    name: str
    platform: str
    found: Found
    problems: tuple[str, ...] = ()
    """What still keeps the bot from publishing there, with the remedy."""
    written: bool = False
    """True: it stands in config.yaml."""

    @property
    def yaml(self) -> str:
        """As it may be pasted into a config.yaml without destinations."""
        return snippet(entry(self.name, self.platform, self.found))


def new_code() -> str:
    """A word for one run that nobody can guess; fits into a Telegram link (telegram.md 8)."""
    return secrets.token_hex(4)


async def listen(finder: Finder, code: str, seconds: float, tell: Callable[[Found], None]) -> None:
    """Tell of each chat once, until one was named with the code, the list ends or the time is up."""
    seen: set[tuple[str, str | None]] = set()
    try:
        async with asyncio.timeout(seconds), aclosing(finder.find(code)) as chats:
            async for found in chats:
                if found.named or (found.chat, found.topic) not in seen:
                    tell(found)
                if found.named:
                    return
                seen.add((found.chat, found.topic))
    except TimeoutError:
        return


def name_for(found: Found, taken: Collection[str]) -> str:
    """A free name, from the chat's title where that has Latin letters, else from its kind."""
    stem = "-".join(re.findall(r"[a-z0-9]+", found.title.lower()))[:_LONGEST_NAME].strip("-") or found.kind.value
    number, name = 1, stem
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def destination(name: str, platform: str, found: Found) -> Destination:
    """What config.yaml will say of the chat."""
    return Destination(name, platform, found.kind, found.chat, topic=found.topic)


def add(path: Path, name: str, platform: str, found: Found, environ: Mapping[str, str]) -> None:
    """Write the destination into config.yaml, which is made if there is none.

    The result is read back first and must differ by the new destination alone; only then does it take the file's
    place, in one step. Raises ConfigError, with the file as it was, for a name in use and for a file that can't be
    added to.
    """
    path = path.resolve()
    before = config.load(path, environ)
    if name in {one.name for one in before.destinations}:
        raise ConfigError(f"there is a destination {name!r} already.", path=path, remedy="Choose another --name.")
    there = next((one for one in before.destinations if _same_chat(one, destination(name, platform, found))), None)
    if there is not None:
        raise ConfigError("the chat is a destination already.", path=path, remedy=f"It is called {there.name!r}.")
    text = path.read_bytes().decode() if path.exists() else ""
    draft: Path | None = None
    try:
        draft = _draft(path, inserted(text, entry(name, platform, found)))
        _compare(before, _read_back(draft, environ), destination(name, platform, found))
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"can't be written: {error.strerror}.", path=path, remedy=_BY_HAND) from None
    except ConfigError as error:
        raise ConfigError(error.what, path=path, line=error.line, remedy=error.remedy) from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def _same_chat(one: Destination, other: Destination) -> bool:
    return (one.platform, one.chat.lower(), one.topic) == (other.platform, other.chat.lower(), other.topic)


def _draft(path: Path, text: str) -> Path:
    """The new text in a file beside the old one, with the same rights."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    draft = Path(file.name)
    if path.exists():
        shutil.copymode(path, draft)
    return draft


def _read_back(draft: Path, environ: Mapping[str, str]) -> config.Config:
    try:
        return config.load(draft, environ)
    except ConfigError as error:
        raise ConfigError(f"the destination can't be added to this file: {error.what}", remedy=_BY_HAND) from None


def _compare(before: config.Config, after: config.Config, new: Destination) -> None:
    """Raise ConfigError unless the change is exactly the one that was meant."""
    others = tuple(one for one in after.destinations if one.name != new.name)
    written = next((one for one in after.destinations if one.name == new.name), None)
    same = replace(after, destinations=()) == replace(before, destinations=()) and others == before.destinations
    meant = written and (written.platform, written.kind, written.chat, written.topic)
    if not same or meant != (new.platform, new.kind, new.chat, new.topic):
        raise ConfigError("the destination can't be added to this file.", remedy=_BY_HAND)

"""An author's column: from files in posts/ to the messages each destination should show."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from bots import posts, splitter
from bots.config import Config
from bots.document import images
from bots.errors import PostError
from bots.model import Destination, Issue, Message, Notice, Post
from bots.pictures import Pictures
from bots.platforms.base import Renderer


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue with what is known about its pictures."""

    issue: Issue
    pictures: Pictures
    unreadable: Mapping[str, str]
    """Picture source -> why it can't be read, in words."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was repaired or can't be shown, in the order of the file."""
        lines = _lines(self.issue)
        missing = (Notice(f"picture {src}: {why}", lines.get(src, 0)) for src, why in self.unreadable.items())
        return tuple(sorted((*self.issue.post.warnings, *self.issue.warnings, *missing), key=lambda n: n.line))


@dataclass(frozen=True, slots=True)
class Column:
    """The configuration with everything that reading and rendering need; knows neither tokens nor the ledger."""

    config: Config
    renderers: Mapping[str, Renderer]

    def files(self) -> list[Path]:
        """The column's posts, oldest name first."""
        if not self.config.posts.is_dir():
            raise PostError(
                "there is no such folder.", path=self.config.posts, remedy="Set column.posts in config.yaml."
            )
        return posts.find(self.config.posts)

    def newest(self) -> Path:
        """The post with the latest date that is no draft. Raises PostError for a folder without any."""
        read = [posts.read(path, self.config.zone) for path in self.files()]
        ready = [post for post in read if not post.draft]
        if not ready:
            raise PostError("there is no post that is not a draft.", path=self.config.posts)
        return max(ready, key=age).path

    def issue(self, path: Path, *, lenient: bool = False) -> Issue:
        """Read and cut one post; `lenient` turns wrong metadata into notices."""
        return splitter.split(posts.read(path, self.config.zone, lenient=lenient))

    def draft(self, path: Path, *, lenient: bool = False) -> Draft:
        """An issue with its local pictures looked at; touches no network.

        A picture that leaves the post's folder is a PostError, or in a lenient reading one that can't be read.
        """
        issue = self.issue(path, lenient=lenient)
        pictures = self.pictures(path)
        return Draft(issue, pictures, _unreadable(pictures, issue, lenient=lenient))

    async def fetched(self, draft: Draft) -> Draft:
        """The draft with the pictures on the web downloaded, those that failed added to the unreadable ones."""
        failed = await draft.pictures.fetch(sources(draft.issue))
        return Draft(draft.issue, draft.pictures, {**draft.unreadable, **failed})

    def messages(self, draft: Draft, destination: Destination) -> Sequence[Message]:
        """What `destination` should show, in sending order."""
        return self.renderers[destination.platform].render(draft.issue, destination, frozenset(draft.unreadable))

    def digests(self, draft: Draft) -> Mapping[str, str]:
        """Picture source -> hash of its bytes, for those that can be read."""
        readable = (source for source in sources(draft.issue) if source not in draft.unreadable)
        return {source: hashlib.sha256(draft.pictures.content(source)).hexdigest() for source in readable}

    def pictures(self, path: Path) -> Pictures:
        """Where the pictures of the post at `path` are looked for."""
        config = self.config
        inside = config.posts.is_dir() and path.resolve().is_relative_to(config.posts.resolve())
        return Pictures(
            path.resolve().parent,
            root=config.posts.resolve() if inside else None,
            assets=config.assets,
            cache=config.state / "pictures",
            remote=config.remote_pictures,
        )


def sources(issue: Issue) -> tuple[str, ...]:
    """Every picture of the issue once, in reading order."""
    return tuple(_lines(issue))


def _unreadable(pictures: Pictures, issue: Issue, *, lenient: bool) -> dict[str, str]:
    result: dict[str, str] = {}
    for source, line in _lines(issue).items():
        try:
            result |= pictures.unreadable([source])
        except PostError as error:
            if not lenient:
                raise PostError(error.what, path=issue.post.path, line=line, remedy=error.remedy) from None
            result[source] = error.what
    return result


def _lines(issue: Issue) -> dict[str, int]:
    """Every picture of the issue in reading order, with the line it is first named on."""
    found: dict[str, int] = {}
    for section in issue.sections:
        for image in images(section.blocks):
            found.setdefault(image.src, image.line)
    return found


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are, folders as the Markdown files in them."""
    for path in paths:
        yield from posts.find(path) if path.is_dir() else (path,)


def age(post: Post) -> tuple[str, str]:
    """Sorts posts from the oldest to the newest; those without a date come first."""
    return (post.date.astimezone(UTC).isoformat() if post.date else "", post.slug)

"""Pages out of views: templates, style sheet and the policy that goes with them, all from inside the package."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from bots.pages.markup import html, web_address
from bots.pages.views import Chat, Topic

_PICTURE_SCHEMES = ("/", "data:image/")


def rehearsal_page(chats: Sequence[Chat], title: str = "Rehearsal") -> str:
    """One self-contained page with the chats side by side; pictures come from the addresses in the views."""
    template = _environment().get_template("rehearsal.html")
    return template.render(title=title, chats=chats, style=_style(), policy=policy())


def comments_page(title: str, topics: Sequence[Topic]) -> str:
    """One self-contained page with what readers answered, section by section."""
    template = _environment().get_template("comments.html")
    return template.render(title=title, topics=topics, style=_style(), policy=policy())


@cache
def policy() -> str:
    """The Content-Security-Policy of every page: our own pictures, our one style sheet, no scripts, nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; img-src 'self' data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return resources.files("bots.pages").joinpath("templates/style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bots.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"html": html, "web_address": web_address, "picture_address": _picture_address}
    return environment


def _picture_address(src: str) -> str:
    """A picture's address if the policy would load it: this server's own, or inside the page."""
    return src if src.startswith(_PICTURE_SCHEMES) and not src.startswith("//") else ""

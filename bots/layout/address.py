"""Where a post lives on the author's site."""

from __future__ import annotations

from bots.model import Post


def post_address(pattern: str | None, post: Post) -> str:
    """The post's own address: `pattern` with `{slug}`, `{year}`, `{month}` and `{day}` filled in.

    Empty without a pattern, and for a pattern that needs a date while the post has none: a wrong address is worse.
    """
    if not pattern:
        return ""
    values = {"slug": post.slug}
    if post.date is not None:
        values |= {"year": f"{post.date:%Y}", "month": f"{post.date:%m}", "day": f"{post.date:%d}"}
    for name, value in values.items():
        pattern = pattern.replace("{" + name + "}", value)
    return "" if "{" in pattern else pattern

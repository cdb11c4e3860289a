"""What readers answered to an issue: for the author everything that is kept, for others what they may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bots.config import Config, did_you_mean
from bots.discussion import Discussion, discussion
from bots.errors import ConfigError
from bots.ledger import Comment, Ledger
from bots.ledger.rows import IssueRow
from bots.stats import Stats, stats


class Readers:
    """The readers of one column."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self._ledger, self._config = ledger, config
        self._known = {one.name: one for one in config.destinations}
        self._platforms = {one.name: one.platform for one in config.destinations}

    def issues(self, named: Iterable[str] = ()) -> tuple[IssueRow, ...]:
        """The issues named by their ids, or all, in the order they came out. Raises ConfigError for an unknown one."""
        all_ = {row.id: row for row in self._ledger.issues()}
        for name in (wanted := tuple(named)):
            if name not in all_:
                raise ConfigError(f"the ledger knows no issue {name!r}.", remedy=did_you_mean(name, all_))
        chosen = [all_[name] for name in wanted] if wanted else list(all_.values())
        return tuple(sorted(chosen, key=lambda row: (str(row.first_published_at or ""), row.id)))

    def discussion(self, issue: str, shown: Callable[[Comment], bool] = lambda comment: comment.visible) -> Discussion:
        """Whatever was answered, wherever."""
        feedback = self._ledger.feedback
        tallies = feedback.tallies(issue, self._known)
        return discussion(self._ledger.past(issue), feedback.of_issue(issue), tallies, self._platforms, shown)

    def public(self, issue: str) -> Discussion:
        """What may be exported: said where every destination allows it, hidden from nobody, with words in it."""
        feedback, allowed = self._ledger.feedback, self._config.comments.export
        rooms = feedback.rooms(issue, self._known)

        def shown(comment: Comment) -> bool:
            here = rooms.get((comment.platform, comment.chat.lower()), frozenset())
            return comment.visible and bool(comment.text.strip()) and bool(here) and here <= allowed

        tallies = [one for one in feedback.tallies(issue, self._known) if one.destination in allowed]
        return discussion(self._ledger.past(issue), feedback.of_issue(issue), tallies, self._platforms, shown)

    def stats(self, issue: str) -> Stats:
        """What an issue brought."""
        return stats(self.discussion(issue), self._ledger.feedback.first_words())

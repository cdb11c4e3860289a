"""Fixtures that several test files share, and how Hypothesis works where thousands of runs are made."""

from hypothesis import Phase, settings

from tests.postgres import postgres, where

__all__ = ["postgres", "where"]

# Under mutation a test only has to fail; the smallest example interests nobody and takes seconds to find.
settings.register_profile(
    "mutants", phases=[Phase.explicit, Phase.generate], database=None, derandomize=True, deadline=None
)

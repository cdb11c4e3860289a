"""Fixtures that several test files share."""

from tests.postgres import postgres, where

__all__ = ["postgres", "where"]

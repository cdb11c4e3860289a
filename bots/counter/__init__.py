"""The counter: what readers can ask the bots, the same on every platform."""

from bots.counter.counter import Counter, Services

__all__ = ["Counter", "Services"]

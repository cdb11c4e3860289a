"""weektech: a weekly Markdown column, published to Telegram and Discord section by section."""

__version__ = "0.1.0"

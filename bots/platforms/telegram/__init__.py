"""Telegram: text and entities in channels."""

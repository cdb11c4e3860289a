"""Telegram: channels, groups, topics and private chats."""

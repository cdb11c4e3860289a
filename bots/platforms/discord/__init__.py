"""Discord: `render` is pure, `send` speaks REST through discord.py, without a gateway."""

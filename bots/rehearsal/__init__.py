"""A local Telegram and a local Discord on loopback: they take, normalise and refuse as the real servers do."""

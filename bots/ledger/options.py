"""What a transaction says about itself to the database it runs on."""

from __future__ import annotations

READ_ONLY = "weektech_read"
"""Execution option of a transaction that will not write, so that `status` never waits for a publisher."""

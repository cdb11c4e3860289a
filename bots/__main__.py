"""`python -m bots` is `weektech`."""

from bots.cli import main

main()

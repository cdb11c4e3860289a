"""The commands of `weektech`, a module a group of them as `weektech --help` shows it."""

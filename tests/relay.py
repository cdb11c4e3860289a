"""A wire between weektech and a PostgreSQL server that can be cut at a chosen word."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

CHUNK = 65536


class Relay:
    """Passes everything on, in both directions, until it sees `cut_at`."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.cut_at: bytes | None = None
        """What the client says when the wire is to be cut, once."""
        self.carried_out = False
        """Cut behind the server's answer instead of before the server hears of it."""
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        port = self._listening.getsockname()[1]
        return f"postgresql://postgres:secret@127.0.0.1:{port}/{database}?sslmode=disable&gssencmode=disable"

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._open:
            _hang_up(one)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                self._open += [client, server]
                try:
                    server.connect(str(self._server))
                except OSError:
                    _hang_up(client)
                    continue
                threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, server), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := client.recv(CHUNK):
                if self.cut_at is None or self.cut_at not in said:
                    server.sendall(said)
                    continue
                self.cut_at = None
                if self.carried_out:
                    # The answer goes nowhere: the client is cut off first. The server hears the end behind the words.
                    _hang_up(client, socket.SHUT_WR)
                    server.sendall(said)
                break
        _hang_up(server, socket.SHUT_WR)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(CHUNK):
                client.sendall(said)
        _hang_up(client)


def _hang_up(one: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):
        one.shutdown(how)


@contextmanager
def relay_to(server: Path) -> Iterator[Relay]:
    """A relay to the server's socket, closed at the end."""
    with closing(Relay(server)) as made:
        yield made

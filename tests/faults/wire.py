"""A connection to the bank that knows how far an answer came before it was lost."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any

SILENT_SECONDS = 30.0
"""After which a bank that says nothing is one that hangs."""


class Lost(Exception):
    """No whole answer came: "no connection", "lost", "cut" or "silent"."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Wire:
    """A connection that is kept alive, and that knows how far an answer came.

    (http.client takes headers that end too early for whole ones.)
    """

    def __init__(self, address: tuple[str, int], patience: float = SILENT_SECONDS) -> None:
        self._address = address
        self._patience = patience
        self._socket: socket.socket | None = None

    def post(
        self, path: str, token: str, key: str, body: object
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers (lower case) and JSON of the answer. Raises Lost."""
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._address[0]}:{self._address[1]}\r\n"
            f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        try:
            answer = self._ask(self._connected(), head.encode() + content)
        except Lost:
            self.close()
            raise
        if answer[1].get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Hang up; the next request connects again."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            try:
                self._socket = socket.create_connection(self._address, self._patience)
            except OSError:
                raise Lost("no connection") from None
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _ask(self, connection: socket.socket, request: bytes) -> tuple[int, dict[str, str], Any]:
        # Where sending fails an answer may have come all the same: reading tells.
        with suppress(OSError):
            connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += _received(connection, begun=bool(received))
        head, _, content = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): text.strip() for name, _, text in pairs}
        while len(content) < int(headers["content-length"]):
            content += _received(connection, begun=True)
        return int(first.split()[1]), headers, _json(content)


def _received(connection: socket.socket, *, begun: bool) -> bytes:
    try:
        received = connection.recv(65536)
    except TimeoutError:
        raise Lost("silent") from None
    except OSError:
        received = b""
    if not received:
        raise Lost("cut" if begun else "lost")
    return received


def _json(content: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(content)
    return {}

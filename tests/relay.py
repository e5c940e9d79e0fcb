"""A wire between two programs that keeps a copy of every byte."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class Relay:
    """Takes connections and hands them on to `target`, a port of this computer; use it with
    `with`."""

    def __init__(self) -> None:
        self.target = 0
        self._ear = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._ear.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._copy = bytearray()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ear.close()

    @property
    def heard(self) -> bytes:
        """Everything that went over the wire, in both directions."""
        with self._lock:
            return bytes(self._copy)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._ear.accept()
                threading.Thread(target=self._join, args=(caller,), daemon=True).start()

    def _join(self, caller: socket.socket) -> None:
        try:
            called = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            caller.close()
            return
        with caller, called:
            back = threading.Thread(target=self._carry, args=(called, caller), daemon=True)
            back.start()
            self._carry(caller, called)
            back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(1 << 16):
                with self._lock:
                    self._copy += part
                sink.sendall(part)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

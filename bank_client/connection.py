"""What every client of the bank has: calls in its own name, and a connection that ends with its
`with`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from bank_client.reading import raw
from bank_client.wire import Call, Caller, Wire, new_key

T = TypeVar("T")


class Connected:
    """Somebody at one bank, over one wire."""

    def __init__(self, wire: Wire, caller: Caller) -> None:
        self._wire, self._caller = wire, caller

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Hang up; a log-in lives on."""
        self._wire.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str = "",
    ) -> Any:
        """Any other call of the bank, in your name: its JSON, or None."""
        return self._send(Call(method, path, body, query, key), raw)

    def _make(
        self, path: str, asked: Mapping[str, object], key: str | None, read: Callable[[Any], T]
    ) -> T:
        """Make something once, however often it is asked for under a key."""
        return self._send(Call("POST", path, asked, key=key or new_key()), read)

    def _send(self, call: Call, read: Callable[[Any], T]) -> T:
        return self._wire.send(call, read, self._caller)

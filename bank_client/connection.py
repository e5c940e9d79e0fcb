"""What every client of the bank has: a connection that ends with its `with`."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from bank_client.wire import Wire


class Connected:
    """Somebody at one bank, over one wire."""

    _wire: Wire

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

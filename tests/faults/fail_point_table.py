"""The table of fail points: what MongoDB does to which command, and what the client is told.

`closeConnection` and `errorCode` strike before MongoDB runs the command, `writeConcernError` after
it: the first answer is lost with nothing done, or with everything done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Row:
    """A fault: what MongoDB does to which command, how often, and what the first answer is."""

    name: str
    command: str
    fault: Mapping[str, Any]
    mode: str | Mapping[str, int]
    answer: str | None = "201"
    """None: 201 or 503, depending on how long the fault lasts."""
    collection: str | None = None
    seconds: float | None = None
    """The budget of a request, where it is not the bank's own."""

    def strikes_as_said(self, count: int) -> bool:
        """Whether it struck as often as it must, where that is known."""
        if self.answer is None:
            return True
        return count > 0 if isinstance(self.mode, str) else count == self.mode["times"]


def _commit(name: str, times: int, **fault: Any) -> Row:
    return Row(f"commit: {name}", "commitTransaction", fault, {"times": times})


def _body(name: str, command: str, collection: str, times: int, **fault: Any) -> Row:
    return Row(f"{command}: {name}", command, fault, {"times": times}, collection=collection)


_CONFLICT = {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}
_SLOW = {"blockConnection": True, "blockTimeMS": 700}
_SLOWER = {"blockConnection": True, "blockTimeMS": 3000}
ROWS = (
    _commit("answer lost", 1, closeConnection=True),
    _commit("answer lost", 5, closeConnection=True),
    _commit("write concern error 64", 2, writeConcernError={"code": 64, "errmsg": "timeout"}),
    _commit("code 91", 2, errorCode=91),
    _body("conflict", "find", "accounts", 3, **_CONFLICT),
    _body("conflict", "update", "accounts", 3, **_CONFLICT),
    _body("conflict", "insert", "transactions", 3, **_CONFLICT),
    _commit("blocked for 700 ms", 1, **_SLOW),
    _commit("blocked for 3 s", 1, **_SLOWER),
    _body("blocked for 700 ms", "update", "accounts", 1, **_SLOW),
    _body("blocked for 3 s", "update", "accounts", 1, **_SLOWER),
    Row(
        "commit: code 91 with 2 s left",
        "commitTransaction",
        {"errorCode": 91},
        "alwaysOn",
        answer="503 unknown",
        seconds=2.0,
    ),
)
"""The table. With its own budget of 4 s the bank sits out everything but what never ends."""


def more_often() -> Iterator[Row]:
    """What the bank tries again: failing from once to six times, and for ever."""
    often: list[Mapping[str, int]] = [{"times": times} for times in range(1, 7)]
    for row in (ROWS[0], *ROWS[2:7]):
        yield from (replace(row, mode=mode, answer=None) for mode in often)
        yield replace(row, mode="alwaysOn", answer=None)

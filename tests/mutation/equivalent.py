"""Mutants that no test can or should notice, each kind with its reason; they are not counted.

A kind is a pattern for the place, what stood there, and what stands there instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.mutation.mutants import Mutant


@dataclass(frozen=True, slots=True)
class Kind:
    """Mutants that are alike; the three patterns must be found in path, old and new line."""

    reason: str
    path: str
    was: str
    becomes: str = ""

    def holds(self, mutant: Mutant) -> bool:
        """Whether the mutant is of this kind."""
        return bool(
            re.search(self.path, mutant.path)
            and re.search(self.was, mutant.was)
            and re.search(self.becomes, mutant.becomes)
        )


LEDGER = r"controllers/ledger/"
KINDS: tuple[Kind, ...] = (
    Kind(
        "a name for types, at which nothing looks while the bank runs",
        r"\.py", r"^(Outcome|Settle|LimitsByCurrency|Progress) = ", r" = None$",
    ),
    Kind("what a module offers, which only `import *` reads", r"\.py", r'^"Claim", "Key"'),
    Kind(
        "an entry is never zero",
        LEDGER, r"minor [<>] 0", r"^((?!deposited|spent).)*minor (>= 0|<= 0|< 1)",
    ),
    Kind("nobody has less than nothing to take from", LEDGER, r"^if minor < 0:$", r" or True:$"),
    Kind("the seal sets it", LEDGER, r'^hash="",$'),
    Kind("both sides were made from one list", r"\.py", r"strict=True", r"^(?!.*strict=True)"),
    Kind("a measured choice of speed", LEDGER, r"^[A-Z_]+ = [0-9.]+$", r" = [0-9.]+$"),
    Kind("how long to pause before trying again", LEDGER, r"random\.uniform"),
    Kind(
        "the words of an exception that never leaves the ledger",
        LEDGER, r"^super\(\).__init__\(f\"account",
    ),
    Kind("a closed queue lets nobody in, whatever it counts", LEDGER, r"^self\._queued\.clear"),
    Kind("looks at the queue once too often", LEDGER, r"^if self\._lanes or len", r"or True:$"),
    Kind("waits busily", LEDGER, r"^ticket\.gate\.acquire\(\)$", r"^pass$"),
    Kind("nothing reads it: the loaders give the keys", r"views/tokens", r"^JWT_SECRET_KEY="),
    Kind("the library assumes the same", r"views/tokens", r"^JWT_DECODE_ALGORITHMS=", r"^$"),
    Kind("the bank makes no fresh tokens", r"views/tokens", r"needs_fresh_token_loader"),
    Kind("the words of a log line", r"\.py", r"^_log\.error\(|^_log = "),
    Kind(
        "only spares the computer large numbers, which are too large either way",
        r"money", r"adjusted\(\) > 15", r"adjusted\(\) > 16",
    ),
)  # fmt: skip


def reason_of(mutant: Mutant) -> str | None:
    """Why the mutant does not count, or nothing."""
    return next((kind.reason for kind in KINDS if kind.holds(mutant)), None)

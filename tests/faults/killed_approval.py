"""A program that approves one proposal and is killed at the chosen event of its driver.

    python -m tests.faults.killed_approval URI DATABASE APPROVER APPROVAL EVENT

Events are commands that are about to be sent, and answers that came; 0 kills at none, and prints
how many there were.
"""

from __future__ import annotations

import os
import signal
import sys

from pymongo import monitoring

from app.config import Config, Secret
from app.controllers import approvals
from app.controllers.bank import Actor, open_bank
from app.controllers.orders import Approve
from app.models.database import connect, now

SECRET = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"


class Fuse(monitoring.CommandListener):
    """Counts once it is armed, and kills at the chosen event."""

    def __init__(self, event: int) -> None:
        self.armed = False
        self.events = 0
        self._event = event

    def started(self, _event: monitoring.CommandStartedEvent) -> None:
        """A command is about to be sent."""
        self._burn()

    def succeeded(self, _event: monitoring.CommandSucceededEvent) -> None:
        """An answer is there."""
        self._burn()

    def failed(self, _event: monitoring.CommandFailedEvent) -> None:
        """An answer is there, and it is no good."""
        self._burn()

    def _burn(self) -> None:
        if self.armed:
            self.events += 1
            if self.events == self._event:
                os.kill(os.getpid(), signal.SIGKILL)


def main(uri: str, database: str, approver: str, approval: str, event: int) -> None:
    """Approve, unless killed before."""
    fuse = Fuse(event)
    monitoring.register(fuse)
    config = Config(
        secret_key=Secret(SECRET), mongo_uri=Secret(uri), mongo_database=database,
        bankers_second_factor=False, ratelimit_enabled=False,
    )  # fmt: skip
    bank = open_bank(config, connect(uri, database), now)
    bank.database.writable(seconds=5)  # so that the connection is there
    shown = approvals.one(bank, approval)
    fuse.armed = True
    actor = Actor(approver, "", "banker", frozenset({"approver"}))
    approvals.approve(bank, actor, approval, Approve(shown.effect_hash, "looked at it", None))
    fuse.armed = False
    bank.ledger.close()
    bank.database.close()
    sys.stdout.write(f"{fuse.events}\n")


if __name__ == "__main__":
    main(*sys.argv[1:5], int(sys.argv[5]))

"""A stage on which several banks act at once, and whose director says who sends the next command.

Each player has a thread and a connection to MongoDB of its own. Whenever its driver is about to
send a command, it waits for its cue; between two cues at most one command is on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import TypeVar

from pymongo import monitoring

T = TypeVar("T")
_HANGING_SECONDS = 30.0
WAITING, MOVING, DONE = "waiting", "moving", "done"


class Stage:
    """Lets `play` run acts in a given order of their commands."""

    def __init__(self, players: int) -> None:
        self.commands = [0] * players
        """How many each player sent in the last play."""
        self.aborted = 0
        """Transactions that were given up, in all plays: mostly because of another one."""
        self._states = [DONE] * players
        self._open = True
        self._change = Condition()

    def entrance(self, player: int) -> monitoring.CommandListener:
        """What the driver of a player has to report its commands to."""
        return _Entrance(self, player)

    def play(self, order: Sequence[int], acts: Sequence[Callable[[], T]]) -> list[T]:
        """What the acts return whose commands were sent in this order.

        Who has nothing to send any more is passed over. What is left to send when the order ends,
        as after a conflict, is sent by turns.
        """
        players = range(len(acts))
        with ThreadPoolExecutor(len(acts)) as pool:
            self._begin(len(acts))
            try:
                acting = [pool.submit(self._act, player, acts[player]) for player in players]
                for player in order:
                    self._cue(player)
                while any(state != DONE for state in self._states):
                    for player in players:
                        self._cue(player)
            finally:
                self._end()
        return [act.result() for act in acting]

    def enter(self, player: int, command: str) -> None:
        """A player is about to send a command: wait for the cue."""
        with self._change:
            if self._open:
                return
            self.commands[player] += 1
            self.aborted += command == "abortTransaction"
            self._states[player] = WAITING
            self._change.notify_all()
            self._change.wait_for(lambda: self._open or self._states[player] == MOVING)

    def _begin(self, players: int) -> None:
        with self._change:
            self._open = False
            self._states = [MOVING] * players
            self.commands = [0] * players

    def _act(self, player: int, act: Callable[[], T]) -> T:
        try:
            return act()
        finally:
            with self._change:
                self._states[player] = DONE
                self._change.notify_all()

    def _cue(self, player: int) -> None:
        """Let a player send its next command, once everybody stands still."""
        with self._change:
            still = self._change.wait_for(lambda: MOVING not in self._states, _HANGING_SECONDS)
            if not still:
                raise TimeoutError(f"a command hangs: {self._states}")
            if self._states[player] == WAITING:
                self._states[player] = MOVING
                self._change.notify_all()

    def _end(self) -> None:
        with self._change:
            self._open = True
            self._change.notify_all()


class _Entrance(monitoring.CommandListener):
    """Where a player's commands come to the stage."""

    def __init__(self, stage: Stage, player: int) -> None:
        self._stage = stage
        self._player = player

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """A command is about to be sent."""
        self._stage.enter(self._player, event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to wait for."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to wait for."""

"""The process that serves: how it ends, and how it uses the machine.

Python runs one thread at a time. Where its threads lie on several processors, each one that goes on
wakes another processor up, which costs more than many of them have to do; on one processor the same
threads answer about half as many requests again (docs/decisions/0014).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_CAN_CHOOSE = hasattr(os, "sched_setaffinity")
_ends = frozenset({signal.SIGINT, signal.SIGTERM})
_open: list[socket.socket] = []
_all: set[int] = os.sched_getaffinity(0) if _CAN_CHOOSE else set()


def follow_parent() -> bool:
    """Let a worker end with its server: when told to, and when the server was killed.

    False where this process is not a server's worker.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return False
    if sys.platform != "win32":
        # Ctrl-C in a terminal goes to the whole group, and then SIGTERM from the server: a worker
        # that gets both at once may wait for ever. In a group of its own it gets only the second.
        os.setpgrp()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    return True


def when_told_to_end(work: Callable[[], object]) -> None:
    """Do this in a thread as soon as the process is told to end, while the server still waits for
    answers under way. Call it once, in the main thread."""
    told, tell = socket.socketpair()
    tell.setblocking(False)
    # The server has handlers of its own; whichever there are, Python writes here which signal came.
    signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
    _open.append(tell)

    def wait() -> None:
        while _ends.isdisjoint(told.recv(64)):
            pass
        work()

    threading.Thread(target=wait, name="end", daemon=True).start()


def use_one_processor() -> None:
    """Keep this thread, and those that it starts from now on, on one processor, where the system
    can do that (Linux)."""
    if _CAN_CHOOSE:
        # The workers of one server take one after the other; another server begins elsewhere.
        number = re.search("[0-9]*$", multiprocessing.current_process().name)
        place = os.getppid() + int((number and number.group()) or 0)
        os.sched_setaffinity(0, {sorted(_all)[place % len(_all)]})
        # Whoever is woken takes its turn, and does not interrupt who holds the interpreter.
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@contextmanager
def every_processor() -> Iterator[None]:
    """Let this thread run anywhere meanwhile, for long work outside of the interpreter."""
    if not _CAN_CHOOSE:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _all)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def settle_memory() -> None:
    """Look for garbage seldom, among what requests make, and not among what stays for ever."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)

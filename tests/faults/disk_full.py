"""The disk that MongoDB keeps its data on is full, under load, and has room again later.

The data are on a small file system of their own, which lives in memory. A file takes all that is
free there; mongod ends at the first write that finds no room, refuses to start while that is so,
and starts again once the file is gone. The bank, which runs on, may refuse (503) all that time, and
nothing that it acknowledged may be missing.

To mount the small file system takes root, or a system that lets its users make name spaces
(`unshare --user`), or `sudo` without a password. Where none of that works the scenario fails and
says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from embedded_mongo import EmbeddedMongo, MongodFailed
from tests.faults import checker
from tests.faults.figures import Figures, Scale
from tests.faults.history import History
from tests.faults.load import ROOMY, Load, customers
from tests.faults.replica_set import await_until, quiet_ports
from tests.running import RunningBank

DATABASE = "strongroom"
SEED = 20240612
SIZE_MB = 192
"""A new MongoDB takes 33 MB, and a run adds a few."""

_ACCOUNTS = 40
_WORKERS = 8
_WRITES_BETWEEN = 100
# How often mongod writes what it has in memory into its files, which is where it misses the room.
_CHECKPOINT_SECONDS = 2
_WAYS: tuple[list[str], ...] = (
    [],
    ["unshare", "--user", "--map-root-user", "--mount"],
    ["sudo", "-n"],
)
# Ends, and unmounts, when its input does: also when whoever started it was killed.
_HOLD = (
    'mount -t tmpfs -o "size=$2" tmpfs "$1" && echo mounted && cat; cd / && umount -l "$1" || true'
)


class CannotMount(Exception):
    """No small file system can be made here; says what it would take."""


def run(scale: Scale, folder: Path) -> Figures:
    """Fill the disk and make room again, in rounds; what the checker says of it."""
    began = time.monotonic()
    history = History(folder / "history.jsonl")
    with small_disk(folder / "small", SIZE_MB) as disk:
        mongo = _mongo_on(disk, folder / "mongo")
        with mongo, RunningBank(folder / "bank", MONGO_URI=mongo.uri, **ROOMY) as bank:
            people = customers(bank.start(), _ACCOUNTS)
            address = ("127.0.0.1", bank.port)
            with Load(address, people, history, workers=_WORKERS, seed=SEED) as load:
                rounds = [_fill_and_free(disk, mongo, load) for _ in range(8 if scale.long else 1)]
                _await_writes(load, 1)
                load.stop()
            history.close()
            violations = [*load.surprises(), *_judge(mongo.uri, history)]
    counted: dict[str, int | float | str] = {
        "rounds": len(rounds),
        "MB of disk": SIZE_MB,
        "refused to start on the full disk": sum(each.refused_to_start for each in rounds),
        "503 while full": sum(each.refusals for each in rounds),
        **load.counted(),
        **checker.tallied(violations),
        "first 201 after there was room max s": round(max(each.back for each in rounds), 1),
        "seed": SEED,
        "seconds": round(time.monotonic() - began),
    }
    return Figures("disk full", counted, tuple(violations))


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of that size and where to find it; gone afterwards. Raises CannotMount."""
    place.mkdir()
    said = []
    for way in (way for way in _WAYS if not way or shutil.which(way[0])):
        with _holder(way, place, megabytes) as holder:
            assert holder.stdout
            if (line := holder.stdout.readline()) == "mounted\n":
                # In a name space of its own it is seen through the process that is in there.
                yield place if place.is_mount() else Path(f"/proc/{holder.pid}/root{place}")
                return
            said.append((line + holder.stdout.read()).strip())
    raise CannotMount(
        "To fill a disk, the test mounts a small one (tmpfs): run it as root, or as a user who "
        f"may make name spaces (unshare --user) or use sudo without a password. {'; '.join(said)}"
    )


@contextmanager
def _holder(way: list[str], place: Path, megabytes: int) -> Iterator[subprocess.Popen[str]]:
    """The process that mounts, or says why it cannot, and unmounts at its end."""
    holder = subprocess.Popen(
        [*way, "sh", "-c", _HOLD, "sh", str(place), f"{megabytes}m"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with holder:
        try:
            yield holder
        finally:
            holder.communicate()


def _mongo_on(disk: Path, folder: Path) -> EmbeddedMongo:
    """A MongoDB whose data are on the small disk; its log is not, to tell what went wrong."""
    folder.mkdir()
    (folder / "db").symlink_to(disk)
    return EmbeddedMongo(
        folder, port=quiet_ports(1)[0], options=[f"--syncdelay={_CHECKPOINT_SECONDS}"]
    )


@dataclass(frozen=True)
class Round:
    """What happened while the disk was full, and the seconds until the first 201 after it."""

    refused_to_start: bool
    refusals: int
    back: float


def _fill_and_free(disk: Path, mongo: EmbeddedMongo, load: Load) -> Round:
    _await_writes(load, _WRITES_BETWEEN)
    before = load.statuses[503]
    _fill(disk / "filler")
    await_until(lambda: not mongo.alive(), "end of mongod")
    await_until(lambda: load.statuses[503] >= before + _WORKERS, "refusal of each client")
    mongo.stop()
    refused_to_start = not _starts(mongo)
    refusals = load.statuses[503] - before
    (disk / "filler").unlink()
    began = time.monotonic()
    mongo.start()
    _await_writes(load, 1)
    return Round(refused_to_start, refusals, time.monotonic() - began)


def _fill(file: Path) -> None:
    """Take all the room there is, also what becomes free meanwhile."""
    with file.open("wb") as filler:
        while free := _free_bytes(file):
            size = os.fstat(filler.fileno()).st_size
            with suppress(OSError):  # mongod was faster
                os.posix_fallocate(filler.fileno(), size, free)


def _free_bytes(file: Path) -> int:
    state = os.statvfs(file)
    return state.f_bavail * state.f_frsize


def _starts(mongo: EmbeddedMongo) -> bool:
    try:
        mongo.start()
    except MongodFailed:
        return False
    return True


def _await_writes(load: Load, count: int) -> None:
    goal = len(load.acknowledged_at) + count
    await_until(lambda: len(load.acknowledged_at) >= goal, "acknowledged write")


def _judge(uri: str, history: History) -> list[str]:
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as administrator:
        return checker.check(history.path, administrator[DATABASE])

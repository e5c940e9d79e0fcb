"""A real replica set of three on loopback whose members can be killed, paused and started again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from embedded_mongo import DIE_WITH_PARENT, find_mongod

NAME = "faults"
DEADLINE_SECONDS = 90
"""After which a replica set that is still not what it must become is a fault of the run."""

_POLL_SECONDS = 0.05
_PORTS = range(20_000, 32_000)
_MEMBER_TIMES: dict[str, Any] = {
    "directConnection": True,
    "serverSelectionTimeoutMS": 500,
    "connectTimeoutMS": 500,
    "timeoutMS": 1000,
}


class NotInTime(AssertionError):
    """The replica set did not become what it had to become."""


@dataclass
class Node:
    """One member: its port and folder stay, its process comes and goes."""

    number: int
    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    client: MongoClient[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.client = MongoClient(self.host, connect=False, **_MEMBER_TIMES)

    @property
    def host(self) -> str:
        """Its address."""
        return f"127.0.0.1:{self.port}"

    def hello(self) -> dict[str, Any]:
        """What it says of itself; nothing when it does not answer."""
        with suppress(PyMongoError):
            return dict(self.client.admin.command("hello"))
        return {}


class ReplicaSet:
    """Three members, from `with` on, and none of their processes after it.

    Start and restart from a thread that lives as long as the set, such as the main one: the
    members end with it, so that a run that is killed leaves none behind.
    """

    def __init__(self, folder: Path, *, members: int = 3) -> None:
        ports = quiet_ports(members)
        self.nodes = [Node(i, port, folder / f"member-{i}") for i, port in enumerate(ports)]
        folder.mkdir(parents=True, exist_ok=True)
        self._binary = find_mongod(folder)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def uri(self) -> str:
        """Where the bank finds it; it looks for another primary twice a second."""
        hosts = ",".join(node.host for node in self.nodes)
        return f"mongodb://{hosts}/?replicaSet={NAME}&heartbeatFrequencyMS=500"

    def start(self) -> Self:
        """Start all members, join them, and wait until there is a primary and all follow it."""
        for node in self.nodes:
            self.restart(node)
        await_until(lambda: all(node.hello() for node in self.nodes), "members that answer")
        members = [{"_id": node.number, "host": node.host} for node in self.nodes]
        settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
        config = {"_id": NAME, "members": members, "settings": settings}
        self.nodes[0].client.admin.command("replSetInitiate", config)
        self.await_whole()
        return self

    def primary(self) -> Node:
        """The member that is primary; of two that say so the one that was elected last."""
        found: list[tuple[Any, int]] = []

        def look() -> bool:
            said = [(node.hello(), node.number) for node in self.nodes if _runs(node)]
            found[:] = [(it["electionId"], n) for it, n in said if it.get("isWritablePrimary")]
            return bool(found)

        await_until(look, "a primary")
        return self.nodes[max(found)[1]]

    def term(self) -> int:
        """How many elections there were."""
        return int(self.primary().client.admin.command("replSetGetStatus")["term"])

    def await_whole(self) -> None:
        """Wait until there is a primary and every other member follows it."""

        def whole() -> bool:
            said = [node.hello() for node in self.nodes]
            followers = sum(bool(it.get("secondary")) for it in said)
            leaders = sum(bool(it.get("isWritablePrimary")) for it in said)
            return leaders == 1 and followers == len(self.nodes) - 1

        await_until(whole, "a primary and two that follow")

    def kill(self, node: Node) -> None:
        """kill -9."""
        if node.process:
            node.process.kill()
            node.process.wait()
            node.process = None

    def restart(self, node: Node) -> None:
        """Start a member that does not run; it takes its place as soon as it can."""
        (node.folder / "db").mkdir(parents=True, exist_ok=True)
        with (node.folder / "mongod.log").open("ab") as log:
            node.process = subprocess.Popen(
                _command(self._binary, node),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )

    def pause(self, node: Node) -> None:
        """SIGSTOP: it says nothing any more and keeps every connection."""
        assert node.process
        node.process.send_signal(signal.SIGSTOP)

    def resume(self, node: Node) -> None:
        """SIGCONT: it goes on, with what it believed when it was paused."""
        assert node.process
        node.process.send_signal(signal.SIGCONT)

    def await_same(self, database: str) -> bool:
        """Whether all members come to hold the same documents, once nobody writes any more."""

        def same() -> bool:
            with suppress(PyMongoError):
                commands = [node.client[database].command("dbHash") for node in self.nodes]
                return len({str(answer["md5"]) for answer in commands}) == 1
            return False

        with suppress(NotInTime):
            await_until(same, "members that are the same", seconds=30)
            return True
        return False

    def stop(self) -> None:
        """End every member that was started here."""
        for node in self.nodes:
            self.kill(node)
            node.client.close()


def await_until(done: Callable[[], bool], what: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Look again and again until it is so. Raises NotInTime."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise NotInTime(f"there is no {what} after {seconds:g} s")
        time.sleep(_POLL_SECONDS)


def quiet_ports(count: int) -> list[int]:
    """Free ports below those that the system gives to outgoing connections.

    One of those must not take the port of a server that is dead for a while; a client that knocks
    there again and again could even meet itself.
    """
    drawn = random.SystemRandom().sample(_PORTS, 100 * count)
    return [port for port in drawn if _is_free(port)][:count]


def _runs(node: Node) -> bool:
    return node.process is not None and node.process.poll() is None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _command(binary: Path, node: Node) -> list[str]:
    wrapper = [sys.executable, "-ISc", DIE_WITH_PARENT, str(os.getpid())]
    return [
        *(wrapper if sys.platform == "linux" else []),
        str(binary.absolute()),
        f"--dbpath={node.folder / 'db'}",
        "--quiet",
        "--bind_ip=127.0.0.1",
        f"--port={node.port}",
        "--nounixsocket",
        "--noscripting",
        f"--replSet={NAME}",
        "--oplogSize=128",
        "--wiredTigerCacheSizeGB=0.25",
        "--wiredTigerEngineConfigString=log=(file_max=32MB,prealloc=false)",
        "--setParameter=enableTestCommands=1",
        "--setParameter=transactionLifetimeLimitSeconds=2",
        "--setParameter=diagnosticDataCollectionEnabled=false",
    ]

"""Which WSGI server the bank runs behind: the same bank behind each of them, in one run.

`python -m benchmarks.servers` measures `POST /deposit`, spread over the customers, at 1, 16 and 64
connections. One process, 64 threads and one processor everywhere: the ledger groups what meets in
one process, and the bank keeps its threads on one processor.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from flask import Flask

import app
from benchmarks.rig import THREADS, Rig, await_port, deposits, process, rig
from benchmarks.tables import Table, median_of, ratio
from tests.running import free_port
from worker import use_one_processor

CONNECTIONS = (1, 16, 64)
_CHEROOT = (
    "import sys; from cheroot.wsgi import Server; from benchmarks.servers import create_app; "
    f"Server(('127.0.0.1', int(sys.argv[1])), create_app(), numthreads={THREADS}).start()"
)


def create_app() -> Flask:
    """The bank as `python run.py` serves it."""
    use_one_processor()
    return app.create_app()


def command_of(server: str, port: int) -> list[str]:
    """The words after `python` that start the bank behind that server."""
    address = f"127.0.0.1:{port}"
    return {
        "granian": [
            "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-ws", "--http", "1",
            "--blocking-threads", str(THREADS), "--port", str(port), "--log-level", "error",
            "--factory", "benchmarks.servers:create_app",
        ],
        "gunicorn gthread": [
            "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1",
            "--threads", str(THREADS), "--keep-alive", "60", "--bind", address,
            "--log-level", "error", "benchmarks.servers:create_app()",
        ],
        "waitress": [
            "-m", "waitress", "--threads", str(THREADS), "--listen", address,
            "--call", "benchmarks.servers:create_app",
        ],
        "cheroot": ["-c", _CHEROOT, str(port)],
    }[server]  # fmt: skip


SERVERS = ("granian", "gunicorn gthread", "waitress", "cheroot")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=2000)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        rig(Path(folder), customers=asked.customers) as ground,
    ):
        sys.stdout.write(f"{measured(ground, asked.seconds, asked.repeats)}\n")


def measured(ground: Rig, seconds: int, repeats: int) -> Table:
    """Deposits each second behind each server, and how that compares with the first."""
    with ExitStack() as running:
        ports = {server: _started(running, ground, server) for server in SERVERS}
        runs = {
            f"{server} {connections}": partial(
                deposits, port, ground.everybody, connections=connections, seconds=seconds
            )
            for connections in CONNECTIONS
            for server, port in ports.items()
        }  # fmt: skip
        medians = median_of(runs, repeats)
    columns = ["", *(f"{n}: each second, p99 ms, ratio" for n in CONNECTIONS)]
    table = Table("POST /deposit behind each server", columns)
    for server in SERVERS:
        found = [(medians[f"{server} {n}"], medians[f"{SERVERS[0]} {n}"]) for n in CONNECTIONS]
        table.row(
            server,
            *(
                f"{own['rate']:,.0f}, {own['p99_ms']:.0f}, {ratio(own['rate'], first['rate'])}"
                for own, first in found
            ),
        )
    return table


def _started(running: ExitStack, ground: Rig, server: str) -> int:
    port = free_port()
    settings = {**ground.environment, "LOG_LEVEL": "ERROR"}
    running.enter_context(process(command_of(server, port), settings))
    await_port(port)
    deposits(port, ground.everybody, connections=THREADS, seconds=1)  # warm up
    return port


if __name__ == "__main__":
    main()

"""How long the server takes for pages, and how much comes over the wire: the first one and later.

`python -m benchmarks.pages` starts a demo bank, asks for each page as a browser does, compressed,
and prints the first answer of a fresh process, the median and the slowest of many.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import httpx

from app.controllers.demo import BANKERS, CUSTOMERS, PASSWORD
from benchmarks.tables import Table, latencies
from tests.running import RunningBank

VISITORS = ("/", "/open-account", "/log-in")
SITES = {
    CUSTOMERS[0]: ("/my", "/my/transactions", "/my/transfer", "/my/statements"),
    BANKERS[0]: ("/desk", "/desk/accounts", "/desk/transactions"),
}
# A client that is no browser sends no Secure cookies without TLS.
SETTINGS = {"DEMO": "true", "RATELIMIT_ENABLED": "false", "SECURE_COOKIES": "false"}
_ENTRANCE = "/log-in"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{measured(Path(folder), asked.requests)}\n")


def measured(folder: Path, requests: int) -> Table:
    """Server time of each page, and its size; none of its files, which are kept by browsers."""
    table = Table("Pages", ["GET", "first ms", "p50 ms", "p99 ms", "kB"])
    with RunningBank(folder / "bank", **SETTINGS) as bank:
        bank.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{bank.port}") as visitor:
            for path in VISITORS:
                table.row(path, *_page(visitor, path, requests))
        for username, paths in SITES.items():
            with httpx.Client(base_url=f"http://127.0.0.1:{bank.port}") as person:
                log_in(person, username)
                for path in paths:
                    table.row(path, *_page(person, path, requests))
    return table


def log_in(person: httpx.Client, username: str) -> None:
    """Fill in the form, as a person does."""
    found = _TOKEN.search(person.get(_ENTRANCE).text)
    if found is None:
        raise RuntimeError(f"{_ENTRANCE} has no form")
    form = {"username": username, "password": PASSWORD, "csrf_token": found[1]}
    answer = person.post(_ENTRANCE, data=form, headers={"Sec-Fetch-Site": "same-origin"})
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise RuntimeError(f"{_ENTRANCE}: {answer.status_code}")


def _page(person: httpx.Client, path: str, requests: int) -> tuple[float, float, float, float]:
    first, size = _timed(person, path)
    figures = latencies([_timed(person, path)[0] for _ in range(requests)])
    return first * 1000, figures["p50_ms"], figures["p99_ms"], size / 1000


def _timed(person: httpx.Client, path: str) -> tuple[float, int]:
    """Seconds until the whole page was there, and its bytes on the wire."""
    began = time.perf_counter()
    answer = person.get(path)
    took = time.perf_counter() - began
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return took, answer.num_bytes_downloaded


if __name__ == "__main__":
    main()

"""The load's connection tells how far an answer came before it was lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.wire import Lost, Wire

WHOLE = b"HTTP/1.1 201 Created\r\nX-Name: Value\r\nContent-Length: 10\r\n\r\n" + b'{"id":"7"}'
BODY = WHOLE.index(b"{")


@contextmanager
def server(answer: bytes, *, hangs_up: bool = True) -> Iterator[tuple[str, int]]:
    """A server that reads one request, answers with these bytes, and hangs up or stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:

        def serve() -> socket.socket:
            connection, _ = listening.accept()
            connection.recv(65536)
            connection.sendall(answer)
            if hangs_up:
                connection.close()
            return connection

        serving = pool.submit(serve)
        yield listening.getsockname()
        serving.result().close()


def outcome(address: tuple[str, int]) -> Any:
    """The answer, or how it was lost."""
    wire = Wire(address, patience=0.3)
    try:
        return wire.post("/deposit", "token", "key", {"amount": "1.00"})
    except Lost as lost:
        return lost.how
    finally:
        wire.close()


def test_a_whole_answer_has_status_headers_and_content() -> None:
    with server(WHOLE) as address:
        status, headers, content = outcome(address)
    assert (status, headers["x-name"], content) == (201, "Value", {"id": "7"})


@pytest.mark.parametrize("bytes_sent", range(1, len(WHOLE)))
def test_an_answer_that_ends_after_its_first_byte_is_cut(bytes_sent: int) -> None:
    with server(WHOLE[:bytes_sent]) as address:
        assert outcome(address) == "cut"


def test_a_connection_that_ends_without_an_answer_is_lost() -> None:
    with server(b"") as address:
        assert outcome(address) == "lost"


def test_an_answer_that_does_not_go_on_is_silent() -> None:
    with server(WHOLE[:BODY], hangs_up=False) as address:
        assert outcome(address) == "silent"


def test_where_nobody_listens_there_is_no_connection() -> None:
    with server(b"") as address:
        assert outcome(address) == "lost"
    assert outcome(address) == "no connection"

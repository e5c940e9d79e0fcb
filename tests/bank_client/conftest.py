"""What these tests are given: a real bank over real HTTP, and customers who ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from bank_client import Customer, Merchant, Patience
from tests.bank_client.servers import Listener, listening
from tests.bank_client.shop_bank import KEY, SECRET
from tests.make import PASSWORD

Served = Callable[[Listener], str]
Customers = Callable[..., Customer]
Merchants = Callable[..., Merchant]


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Say nothing in the tests' output."""


@pytest.fixture(scope="module")
def served_bank(session_app: Flask) -> Iterator[str]:
    """The address of the tests' bank."""
    server = make_server("127.0.0.1", 0, session_app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(served_bank: str, app: Flask) -> str:
    """The address of the bank, on an empty database."""
    return served_bank


@pytest.fixture
def serve() -> Iterator[Served]:
    """Serves a listener until the test is over; its address."""
    with ExitStack() as stack:
        yield lambda listener: stack.enter_context(listening(listener)).address


@pytest.fixture
def pauses() -> list[float]:
    """How long clients would have waited."""
    return []


@pytest.fixture
def patience(pauses: list[float]) -> Patience:
    """A client's patience, without its waiting."""
    return Patience(wait=pauses.append)


@pytest.fixture
def customer_at(patience: Patience) -> Iterator[Customers]:
    """Makes customers of a bank at an address."""
    with ExitStack() as stack:
        yield lambda address, **more: stack.enter_context(
            Customer(address, **{"patience": patience, **more})
        )


@pytest.fixture
def dana(address: str, customer_at: Customers) -> Customer:
    """A registered customer who is logged in."""
    customer = customer_at(address)
    customer.register("dana", PASSWORD, name="Dana Scott")
    customer.log_in("dana", PASSWORD)
    return customer


@pytest.fixture
def merchant_at(patience: Patience) -> Iterator[Merchants]:
    """Makes merchants of a bank at an address."""
    with ExitStack() as stack:
        yield lambda address, key=KEY, secret=SECRET, **more: stack.enter_context(
            Merchant(address, key, secret, **{"patience": patience, **more})
        )

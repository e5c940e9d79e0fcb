"""One POST to an address that a shop chose: in bounded time, and in production to no place inside.

A name is looked up once, all of its addresses are checked, and the connection goes to one of them:
a second look-up could be answered with another. Nothing is followed, and nothing is kept of what is
answered but its status.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from ipaddress import ip_address, ip_network
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import httpcore
from httpcore import NetworkBackend, NetworkStream

from app.controllers.sending import NotSent, seconds_asked

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
READ_BYTES = 16 * 1024
"""So much of an answer is read, so that its sender may finish it; all of it is thrown away."""

Resolve = Callable[[str, int], Sequence[str]]
# Of IPv6, only this is given out; what hides an IPv4 address is elsewhere, but for 6to4.
_GIVEN_OUT = ip_network("2000::/3")
_CLOSED = tuple(map(ip_network, ("2002::/16", "192.0.0.0/24", "192.88.99.0/24")))
_BROKEN = (
    httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError,
    UnicodeError,
)  # fmt: skip


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system finds them in time. Raises OSError."""
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()
    # The system waits for name servers for longer than a delivery may take, and cannot be told.
    Thread(target=lambda: answers.put(_addresses(host, port)), daemon=True).start()
    try:
        found = answers.get(timeout=CONNECT_SECONDS)
    except Empty:
        raise TimeoutError("the name servers do not answer") from None
    if isinstance(found, Exception):
        raise found
    return found


def _addresses(host: str, port: int) -> list[str] | Exception:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """Whether it is an address of the open internet: none that is private, this computer's, a
    link's or a provider's own, none of many at once, and none that hides another one."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if found.version == 6 and found not in _GIVEN_OUT:
        return False
    closed = found.is_multicast or any(found in network for network in _CLOSED)
    return found.is_global and not closed


class Outward:
    """The way out of the bank; `public_only` is for production: HTTPS, to the open internet."""

    def __init__(self, *, public_only: bool, resolve: Resolve = look_up) -> None:
        self._public_only = public_only
        self._resolve = resolve

    def refusal(self, url: str) -> str | None:
        """Why nothing is ever sent there, as far as it can be said without looking it up."""
        if not self._public_only:
            return None
        if not url.startswith("https://"):
            return "The address must begin with https://."
        host = httpcore.URL(url).host.decode("ascii").strip("[]")
        if re.fullmatch(r"[0-9.]+|.*:.*", host) and not is_public(host):
            return "The address must be on the open internet."
        return None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status, from 200 to 299, that was answered. Raises NotSent, with the status that was
        answered instead, if any was."""
        if why_not := self.refusal(url):
            raise NotSent(why_not)
        try:
            return self._posted(url, headers, body)
        except _BROKEN as error:
            raise NotSent(f"the server does not answer ({type(error).__name__})") from None

    def _posted(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        network = _Network(self._resolve, public_only=self._public_only)
        timeout = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS}
        with (
            httpcore.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
            pool.stream(
                "POST", url, headers=list(headers.items()), content=body,
                extensions={"timeout": timeout},
            ) as answer,
            suppress(*_BROKEN),  # the status says it all
        ):  # fmt: skip
            _read(answer.iter_stream())
        if 200 <= answer.status < 300:
            return answer.status
        raise NotSent(
            f"the server answered {answer.status}",
            after=seconds_asked(_header(answer, b"retry-after")),
            status=answer.status,
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def _read(parts: Iterable[bytes]) -> None:
    left = READ_BYTES
    for part in parts:
        left -= len(part)
        if left < 0:
            return


def _header(answer: httpcore.Response, name: str | bytes) -> str:
    found = (value for each, value in answer.headers if each.lower() == name)
    return next(found, b"").decode("ascii", "replace")


class _Network(NetworkBackend):
    """Connections of one request, which end when its time is over."""

    def __init__(self, resolve: Resolve, *, public_only: bool) -> None:
        self._resolve = resolve
        self._public_only = public_only
        self._deadline = time.monotonic() + TOTAL_SECONDS
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> NetworkStream:
        """Connect to one of the host's addresses, the first that answers."""
        addresses = self._resolve(host, port)
        if self._public_only and not all(map(is_public, addresses)):
            raise NotSent("its name leads to an address that is not on the open internet")
        until = min(self._deadline, time.monotonic() + (timeout or CONNECT_SECONDS))
        failure: Exception = httpcore.ConnectError("it has no address")
        for address in addresses:
            try:
                stream = self._system.connect_tcp(address, port, _left(until))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure


class _Stream(NetworkStream):
    """A connection of which all reading and writing together ends at its deadline."""

    def __init__(self, stream: NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some of what came."""
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it."""
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """Let go of it."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        """The same, encrypted, with a server that proves its name."""
        left = min(_left(self._deadline), timeout or CONNECT_SECONDS)
        inner = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the system knows of it."""
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Seconds until then. Raises httpcore.ReadTimeout when it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("its time is over")
    return left

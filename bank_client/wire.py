"""The way to the bank: one call, sent as often as it is safe and worthwhile."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import httpx

from bank_client.problems import Problem, Unreachable, problem_of

T = TypeVar("T")
AGENT = "strongroom-client/0.1"
LARGEST_ANSWER = 8 * 1024 * 1024
_PASSING = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long the bank is asked. Between tries there is a pause drawn at random
    between `shortest_pause` and `longest_pause` seconds, or what Retry-After asks for, if longer;
    a pause that would pass the deadline is not begun.
    """

    tries: int = 3
    answer_seconds: float = 10.0
    deadline_seconds: float = 30.0
    shortest_pause: float = 0.2
    longest_pause: float = 2.0
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Call:
    """What the bank is asked for. With a `key`, or `harmless`, it may be asked again."""

    method: str
    path: str
    body: Mapping[str, object] | None = None
    query: Mapping[str, str] | None = None
    key: str = ""
    harmless: bool = False
    revision: int | None = None
    """Which one was read; where it is another one by now, nothing is done."""

    @property
    def repeatable(self) -> bool:
        """Whether a second time changes nothing."""
        return self.harmless or bool(self.key) or self.method == "GET"


class Caller(Protocol):
    """Who asks."""

    def authorize(self, request: httpx.Request) -> None:
        """Say in the request who asks."""

    def renew(self, refused: httpx.Request) -> bool:
        """After a 401: whether to ask again, with something newer."""


class Anybody:
    """Who asks without saying who."""

    def authorize(self, request: httpx.Request) -> None:
        """Say nothing."""

    def renew(self, refused: httpx.Request) -> bool:
        """There is nothing newer."""
        return False


def new_key() -> str:
    """An Idempotency-Key that nobody has used."""
    return uuid4().hex


def given(**fields: object) -> dict[str, object]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


class Wire:
    """Connections to one bank, which threads may share."""

    def __init__(
        self,
        base_url: str,
        *,
        patience: Patience | None = None,
        agent: str = AGENT,
        insecure: bool = False,
    ) -> None:
        if not insecure and not _private(base_url):
            raise ValueError("https is needed for a bank elsewhere; or say insecure=True")
        self.patience = patience or Patience()
        headers = {"User-Agent": agent, "Accept": "application/json"}
        self._http = httpx.Client(base_url=base_url, headers=headers)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def send(
        self,
        call: Call,
        read: Callable[[Any], T],
        caller: Caller | None = None,
        *,
        patience: Patience | None = None,
    ) -> T:
        """What the bank answers, as `read` makes it. Raises Problem."""
        tries = _Tries(call, patience or self.patience)
        while True:
            try:
                return read_answer(self._ask(call, caller or Anybody(), tries), read)
            except Problem as problem:
                tries.end_or_wait(problem)

    def _ask(self, call: Call, caller: Caller, tries: _Tries) -> httpx.Response:
        response = self._exchange(call, caller, tries)
        # Nothing was done for somebody unknown: whatever it was, it may be asked once more.
        if response.status_code == 401 and caller.renew(response.request):
            return self._exchange(call, caller, tries)
        return response

    def _exchange(self, call: Call, caller: Caller, tries: _Tries) -> httpx.Response:
        request = self._request(call)
        caller.authorize(request)
        seconds = tries.seconds_for_an_answer()
        request.extensions = {"timeout": httpx.Timeout(seconds).as_dict()}
        try:
            return self._received(request, tries)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(_words(error), outcome="not_applied") from error
        except httpx.HTTPError as error:
            raise Unreachable(_words(error)) from error

    def _received(self, request: httpx.Request, tries: _Tries) -> httpx.Response:
        """A whole answer; one that drips or has no end is given up."""
        response, content = self._http.send(request, stream=True), bytearray()
        with closing(response):
            for part in response.iter_raw():
                content += part
                if tries.over() or len(content) > LARGEST_ANSWER:
                    raise Unreachable("the answer does not end")
        return httpx.Response(
            response.status_code, headers=response.headers, content=bytes(content), request=request
        )

    def _request(self, call: Call) -> httpx.Request:
        headers = {"Idempotency-Key": call.key} if call.key else {}
        if call.revision is not None:
            headers["If-Match"] = f'"r{call.revision}"'
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(call.body).encode()
        return self._http.build_request(
            call.method, call.path, params=call.query, content=content, headers=headers
        )


class _Tries:
    """The tries of one call: how many are left, and whether one may have been done unheard."""

    def __init__(self, call: Call, patience: Patience) -> None:
        self._call, self._patience = call, patience
        self._until = time.monotonic() + patience.deadline_seconds
        self._left = patience.tries if call.repeatable else 1
        self._unheard = False

    def seconds_for_an_answer(self) -> float:
        """How long to wait for an answer now."""
        if self.over():
            raise Unreachable("the deadline is over", outcome="not_applied")
        return min(self._until - time.monotonic(), self._patience.answer_seconds)

    def over(self) -> bool:
        """Whether the deadline is over."""
        return time.monotonic() >= self._until

    def end_or_wait(self, problem: Problem) -> None:
        """Wait until the next try, or raise the problem where there is none."""
        self._unheard = self._unheard or problem.outcome == "unknown"
        problem.key = self._call.key
        # What an earlier try has done, a later refusal to look at it does not undo.
        if self._unheard and not problem.decided:
            problem.outcome = "unknown"
        self._left -= 1
        pause = self._pause(problem)
        if not _passing(problem) or self._left <= 0 or time.monotonic() + pause >= self._until:
            raise problem
        self._patience.wait(pause)

    def _pause(self, problem: Problem) -> float:
        drawn = random.uniform(self._patience.shortest_pause, self._patience.longest_pause)  # noqa: S311 - no secret
        return max(drawn, problem.retry_after or 0.0)


def read_answer(response: httpx.Response, read: Callable[[Any], T]) -> T:
    """A success as `read` makes it. Raises Problem."""
    if not response.is_success:
        raise problem_of(response)
    try:
        return read(response.json() if response.content else None)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable("the answer cannot be read: is this the bank?") from error


def _passing(problem: Problem) -> bool:
    return isinstance(problem, Unreachable) or problem.status in _PASSING


def _words(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _private(base_url: str) -> bool:
    """Whether nobody can listen on the way to an address."""
    url = httpx.URL(base_url)
    if url.scheme == "https" or url.host == "localhost":
        return True
    try:
        return url.scheme == "http" and ip_address(url.host).is_loopback
    except ValueError:
        return False

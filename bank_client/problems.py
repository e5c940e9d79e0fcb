"""What can go wrong when the bank is asked, as exceptions with the bank's own facts.

Problem
├── Unauthenticated   401       log in again, or the signature was refused
├── Forbidden         403       not allowed, or it needs a second factor
├── NotFound          404       no such thing, or not yours
├── Conflict          409, 412  not in the state it is in now
├── Refused           4xx       a rule or a field; the facts say what would succeed
├── TooMany           429       ask again after `retry_after` seconds
└── Unavailable       5xx       the bank cannot answer now
    └── Unreachable   no answer, or none that could be read
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from money import InvalidMoney, Money


class Problem(Exception):
    """The bank did not do what was asked; `type`, `title`, `status`, `detail` as RFC 9457 has them.

    `facts` are all other members, with money as Money. `key` is the Idempotency-Key it was asked
    under, if any. `outcome` is "not_applied", or "unknown": then ask again, with the same key.
    """

    def __init__(
        self,
        type: str,
        title: str,
        status: int,
        detail: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(type, title, status, detail, facts)
        self.type, self.title, self.status, self.detail = type, title, status, detail
        self.facts: dict[str, Any] = dict(facts or {})
        self.retry_after: float | None = None
        self.key = ""
        self.outcome = str(self.facts.get("outcome", self._usual_outcome))

    _usual_outcome = "not_applied"

    @property
    def kind(self) -> str:
        """What happened in one word: "insufficient-funds"."""
        return self.type.rpartition("/")[2]

    @property
    def request_id(self) -> str:
        """Under which the bank's log has it."""
        return str(self.facts.get("request_id", ""))

    @property
    def decided(self) -> bool:
        """Whether the bank looked at what was asked and said no: asked again, it says the same."""
        return 400 <= self.status < 500 and self.status not in (401, 429)

    def __str__(self) -> str:
        return f"{self.kind} ({self.status}): {self.detail or self.title}"


class Unauthenticated(Problem):
    """Who is asking is not known."""


class Forbidden(Problem):
    """This is not allowed, or not without a second factor."""


class NotFound(Problem):
    """There is no such thing."""


class Conflict(Problem):
    """The state of things does not allow this now."""


class Refused(Problem):
    """A rule of the bank or a wrong field does not allow this."""


class TooMany(Problem):
    """This was asked too often."""


class Unavailable(Problem):
    """The bank cannot answer now."""

    _usual_outcome = "unknown"


class Unreachable(Unavailable):
    """No answer came that could be read."""

    def __init__(self, detail: str, *, outcome: str = "unknown") -> None:
        super().__init__("unreachable", "The bank did not answer.", 0, detail, {"outcome": outcome})

    def __reduce__(self) -> tuple[Any, ...]:
        return _unreachable, (self.detail, self.outcome), self.__dict__


def _unreachable(detail: str, outcome: str) -> Unreachable:
    return Unreachable(detail, outcome=outcome)


_FAMILIES: dict[int, type[Problem]] = {
    401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 412: Conflict, 429: TooMany,
}  # fmt: skip
_MEMBERS = ("type", "title", "status", "detail")


def problem_of(response: httpx.Response) -> Problem:
    """An answer that is no success, as an exception; also one that came from no bank."""
    body = _body(response)
    facts = {name: _fact(value) for name, value in body.items() if name not in _MEMBERS}
    problem = _family(response.status_code)(
        str(body.get("type", "about:blank")),
        str(body.get("title", response.reason_phrase)),
        response.status_code,
        str(body.get("detail", "")),
        facts,
    )
    problem.retry_after = _seconds(response.headers.get("Retry-After", ""))
    return problem


def _family(status: int) -> type[Problem]:
    usual = Unavailable if status >= 500 else Refused if status >= 400 else Problem
    return _FAMILIES.get(status, usual)


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _fact(value: Any) -> Any:
    """A member of a problem, with all that is money in it as Money."""
    if isinstance(value, list):
        return [_fact(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"amount", "currency"}:
        try:
            return Money.parse(value["amount"], value["currency"])
        except (InvalidMoney, TypeError):
            return value
    return {name: _fact(each) for name, each in value.items()}


def _seconds(header: str) -> float | None:
    """How long Retry-After asks to wait: seconds, or until a date."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())

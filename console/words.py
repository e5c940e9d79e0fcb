"""What went wrong, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bank_client import Problem, TooMany, Unauthenticated, Unavailable
from console.showing import clean
from money import Money

DONE, REFUSED, USAGE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes."""

_KNOWN = {
    "wrong-credentials": "User name, password or code is wrong.",
    "not-logged-in": "Nobody is logged in here: log in first (python -m console login).",
    "invalid-refresh-token": "You were logged out: log in again (python -m console login).",
    "invalid-token": "You were logged out: log in again (python -m console login).",
    "invalid-code": "Invalid code: it is wrong, was used, or is too old.",
    "not-a-customer": "This is for customers; you are a banker.",
    "not-a-banker": "This is for bankers only.",
    "second-factor-needed": "This needs a code of your second factor.",
    "about:blank": "The answer is not one of the bank's.",
}
_FACTS = {
    "available": "available", "balance": "balance", "limit": "the limit", "used": "used",
    "left": "left", "resets_at": "from anew at",
}  # fmt: skip
UNKNOWN = (
    "Nobody knows yet whether the bank has done it. The order is kept here under its key: asked "
    "again, it is never done twice."
)
NOT_APPLIED = "Nothing was done."
NOT_KEPT = "The configuration folder cannot be used, and without it nothing is sent."


def exit_code(problem: Problem) -> int:
    """3 where the bank could not be asked or has not answered, else 1."""
    return UNREACHABLE if isinstance(problem, Unavailable) else REFUSED


def told(problem: Problem) -> list[str]:
    """A problem as lines: what happened, why, the figures, what helps."""
    return [clean(line) for line in _told(problem) if line]


def _told(problem: Problem) -> Iterator[str]:
    if isinstance(problem, Unavailable):
        yield from _unavailable(problem)
        return
    yield _KNOWN.get(problem.kind, problem.title)
    wrong = list(_errors(problem.facts.get("errors")))
    if problem.kind not in _KNOWN and not wrong:
        yield "" if problem.detail == problem.title else problem.detail
    yield from wrong
    yield from _facts(problem.facts)
    if isinstance(problem, TooMany) and problem.retry_after:
        yield f"Try again in {_seconds(problem.retry_after)}."
    if problem.outcome == "unknown":
        yield UNKNOWN
    if isinstance(problem, Unauthenticated) and problem.kind not in _KNOWN:
        yield "Log in again."


def _unavailable(problem: Problem) -> Iterator[str]:
    if problem.status == 0:
        yield "The bank cannot be reached, or did not answer in time."
        yield f"({problem.detail})" if problem.detail else ""
    else:
        yield f"The bank cannot answer now: {problem.detail or problem.title}"
    yield UNKNOWN if problem.outcome == "unknown" and problem.key else ""
    if problem.outcome == "unknown" and not problem.key:
        yield "Look whether it was done before you ask again."
    yield f"{NOT_APPLIED} Try again later." if problem.outcome == "not_applied" else ""


def _errors(errors: Any) -> Iterator[str]:
    """Wrong fields, each with what would be right."""
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            yield f"{error.get('field', '')}: {error.get('message', '')}".lstrip(": ")


def _facts(facts: dict[str, Any]) -> Iterator[str]:
    """The figures of a refusal."""
    for name, word in _FACTS.items():
        value = facts.get(name)
        if isinstance(value, Money | str | int):
            yield f"{word}: {value}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"

"""What goes wrong arrives as an exception with the bank's own facts."""

from __future__ import annotations

import pickle

import httpx
import pytest

from bank_client import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from bank_client.problems import problem_of
from money import Money

USD = {"amount": "12.50", "currency": "USD"}


def answered(status: int, body: object = None, **headers: str) -> httpx.Response:
    """An answer of the bank."""
    return httpx.Response(status, json={} if body is None else body, headers=headers)


@pytest.mark.parametrize(
    ("status", "family"),
    [(302, Problem), (400, Refused), (401, Unauthenticated), (403, Forbidden), (404, NotFound),
     (409, Conflict), (412, Conflict), (413, Refused), (422, Refused), (428, Refused),
     (429, TooMany), (500, Unavailable), (502, Unavailable), (503, Unavailable)],
)  # fmt: skip
def test_a_status_belongs_to_a_family(status: int, family: type[Problem]) -> None:
    assert type(problem_of(answered(status))) is family


def test_a_problem_has_what_the_bank_said() -> None:
    body = {"type": "/problems/insufficient-funds", "title": "Not enough.", "status": 422,
            "detail": "ask for less", "available": USD, "request_id": "r1"}  # fmt: skip
    problem = problem_of(answered(422, body))
    assert (problem.type, problem.title, problem.status, problem.detail) == (
        "/problems/insufficient-funds", "Not enough.", 422, "ask for less",
    )  # fmt: skip
    assert (problem.kind, problem.request_id) == ("insufficient-funds", "r1")
    assert problem.facts == {"available": Money(1250, "USD"), "request_id": "r1"}
    assert str(problem) == "insufficient-funds (422): ask for less"


def test_money_is_found_deep_in_the_facts() -> None:
    problem = problem_of(answered(422, {"lines": [{"left": USD}]}))
    assert problem.facts == {"lines": [{"left": Money(1250, "USD")}]}


@pytest.mark.parametrize("odd", [{"amount": 1.5, "currency": "USD"}, {"amount": "1", "currency": 7},
                                 {"amount": "1", "currency": "???"}, {"amount": None}])  # fmt: skip
def test_what_is_no_money_stays_as_it_is(odd: object) -> None:
    assert problem_of(answered(422, {"left": odd})).facts == {"left": odd}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff\xfe"])
def test_an_answer_of_something_before_the_bank_is_a_problem_too(body: bytes) -> None:
    problem = problem_of(httpx.Response(502, content=body))
    assert (problem.type, problem.title, problem.facts) == ("about:blank", "Bad Gateway", {})


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [(422, {}, "not_applied"), (503, {"outcome": "not_applied"}, "not_applied"),
     (503, {"outcome": "unknown"}, "unknown"), (502, {}, "unknown")],
)  # fmt: skip
def test_a_problem_says_whether_anything_may_have_been_done(
    status: int, body: object, outcome: str
) -> None:
    assert problem_of(answered(status, body)).outcome == outcome


@pytest.mark.parametrize("problem", [Unreachable("lost"), Refused("/problems/x", "No.", 422)])
def test_a_problem_can_go_to_another_process(problem: Problem) -> None:
    problem.key = "key-of-this-call"
    there = pickle.loads(pickle.dumps(problem))
    assert type(there) is type(problem)
    assert vars(there) == vars(problem)

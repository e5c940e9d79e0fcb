"""Every way things go wrong has a status, a name, a title, and a place in the tree."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from app import errors
from app.errors import (
    BankError,
    InsufficientFunds,
    InvalidFields,
    Throttled,
    Unavailable,
    leaves,
    recall,
)
from app.views.problems import STATUSES, status_of
from money import Money

KINDS = [kind for kind in leaves() if kind is not BankError]


def _tree() -> dict[str, tuple[str, int | None]]:
    """The tree of the module's docstring: each name's parent and the status beside it."""
    found: dict[str, tuple[str, int | None]] = {}
    parents = {-1: "", 0: "BankError"}
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.match(r"    ((?:│   |    )*)(?:├──|└──) (.+)$", line)
        if not drawn:
            continue
        depth = len(drawn.group(1)) // 4
        status = re.search(r"  (\d{3})$", line)
        # Behind two spaces stands what the kind means.
        for name in re.split(r"  +", drawn.group(2))[0].split(", "):
            found[name] = (parents[depth], int(status.group(1)) if status else None)
            parents[depth + 1] = name
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_status_of_its_kind(kind: type[BankError]) -> None:
    assert status_of(kind) in STATUSES.values()
    assert status_of(kind) != 500


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_name_in_kebab_case(kind: type[BankError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug())
    assert kind.slug().replace("-", "") == kind.__name__.lower()


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_title_of_its_own_that_is_a_sentence(kind: type[BankError]) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{10,90}\.", kind.title())
    assert [other for other in leaves() if other.title() == kind.title()] == [kind]


def test_no_two_errors_share_a_name() -> None:
    slugs = [kind.slug() for kind in leaves()]
    assert sorted(slugs) == sorted(set(slugs))


def test_the_drawn_tree_is_the_tree_of_classes() -> None:
    drawn = {name: parent for name, (parent, _) in _tree().items()}
    assert drawn == {kind.__name__: kind.__mro__[1].__name__ for kind in KINDS}


def test_the_drawn_statuses_are_those_that_are_sent() -> None:
    drawn = {name: status for name, (_, status) in _tree().items() if status}
    assert drawn == {kind.__name__: status for kind, status in STATUSES.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_error_comes_back_as_it_was(kind: type[BankError]) -> None:
    facts = (
        {} if issubclass(kind, Unavailable | Throttled) else {"limit": Money(500, "USD"), "used": 3}
    )
    raised = kind("what would do", **facts)
    again = recall(kind.slug(), raised.detail, raised.facts)
    assert (type(again), again.detail, again.facts) == (kind, raised.detail, raised.facts)
    assert (raised.replayed, again.replayed) == (False, True)


def test_an_error_without_a_detail_says_its_title() -> None:
    assert str(InsufficientFunds()) == "The account does not hold enough money."


def test_facts_are_plain_so_that_json_and_the_database_can_keep_them() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    raised = InsufficientFunds(available=Money(1250, "USD"), since=moment)
    assert raised.facts == {
        "available": {"amount": "12.50", "currency": "USD"},
        "since": "2026-01-31T12:00:00.000Z",
    }


@pytest.mark.parametrize("outcome", ["not_applied", "unknown"])
def test_unavailable_says_what_is_certain(outcome: str) -> None:
    raised = Unavailable("the database does not answer", outcome=outcome, retry_after=7)
    assert (raised.facts, raised.retry_after) == ({"outcome": outcome}, 7)


def test_wrong_fields_never_carry_their_values() -> None:
    raised = InvalidFields.of(("amount", "An amount is above zero."))
    assert raised.facts == {"errors": [{"field": "amount", "message": "An amount is above zero."}]}

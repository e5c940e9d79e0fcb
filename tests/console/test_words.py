"""Plain words for everything that can go wrong, and text that cannot steer a terminal."""

from __future__ import annotations

import pytest

from app.errors import leaves
from bank_client import Problem, Unreachable
from console import words
from console.showing import clean, shown
from money import Money


@pytest.mark.parametrize("slug", sorted({leaf.slug() for leaf in leaves()}))
def test_every_error_of_the_bank_has_words(slug: str) -> None:
    said = words.told(Problem(f"/problems/{slug}", "What happened.", 422, "Why."))
    assert said
    assert all(line.strip() for line in said)


def test_the_figures_of_a_refusal_are_told() -> None:
    facts = {"available": Money(5000, "USD")}
    said = words.told(Problem("/problems/insufficient-funds", "Not enough.", 422, "", facts))
    assert said == ["Not enough.", "available: 50.00 USD"]


def test_what_is_unknown_is_said_to_be_kept() -> None:
    problem = Unreachable("timed out")
    problem.key = "mine"
    assert words.UNKNOWN in words.told(problem)
    assert words.exit_code(problem) == 3


def test_text_of_others_does_not_steer_the_terminal() -> None:
    assert clean("\x1b[2Jhello\u202e\n") == "�[2Jhello��"


@pytest.mark.parametrize(
    ("minor", "text"),
    [(123456789, "1,234,567.89 USD"), (-50, "-0.50 USD"), (0, "0.00 USD")],
)
def test_money_is_easy_to_read(minor: int, text: str) -> None:
    assert shown(Money(minor, "USD")) == text

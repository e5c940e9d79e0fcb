"""The drawings of a payment's states are the steps that are made."""

from __future__ import annotations

import re

from app.controllers.orders.payments import CANCEL_REASONS, REFUND_REASONS
from app.models import intent
from app.models.intent import STEPS
from tests.running import ROOT

DOCUMENT = (ROOT / "docs/payments.md").read_text(encoding="utf-8")


def drawn() -> dict[str, set[str]]:
    """The arrows between states in the document."""
    arrows = re.findall(r"^ +(\w+) --> (\w+):", DOCUMENT, re.MULTILINE)
    return {name: {then for before, then in arrows if before == name} for name in STEPS}


def test_the_drawing_of_the_document_has_the_steps_that_are_allowed() -> None:
    assert drawn() == {name: set(then) for name, then in STEPS.items()}


def test_the_drawing_shows_where_nothing_follows() -> None:
    ends = set(re.findall(r"^ +(\w+) --> \[\*\]", DOCUMENT, re.MULTILINE))
    assert ends == {name for name, then in STEPS.items() if not then}


def test_the_drawing_beside_the_code_names_every_state() -> None:
    assert intent.__doc__
    assert {name for name in STEPS if name not in intent.__doc__} == set()


def test_the_document_names_every_reason() -> None:
    for reason in {*CANCEL_REASONS, *REFUND_REASONS}:
        assert f"`{reason}`" in DOCUMENT

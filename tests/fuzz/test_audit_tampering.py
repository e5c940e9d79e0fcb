"""Verification names whatever somebody with a key to the database changed in the audit."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from app.controllers.bank import Bank
from app.controllers.books import verify_events
from app.models import audit, audit_seals
from app.models.audit import Event
from app.models.database import Database
from tests.faults.figures import SHORT
from tests.fuzz import audit_tampering
from tests.fuzz.audit_tampering import DRAWS, Tampering, Trail

pytestmark = pytest.mark.tampers


def test_verification_names_every_place_that_was_tampered_with(tmp_path: Path) -> None:
    figures = audit_tampering.run(SHORT, tmp_path)
    assert figures.violations == ()
    assert figures.counted["places"] == figures.counted["found"] == 80
    kinds = {draw.__name__.removeprefix("draw_") for draw in DRAWS}
    assert {kind for kind in kinds if not figures.counted.get(kind)} == set()


@pytest.fixture
def trail(bank: Bank, database: Database) -> Trail:
    """A small audit, sealed."""
    audit_tampering.fill(bank, size=30)
    return Trail(bank, database)


def test_every_field_of_an_event_is_among_the_places(trail: Trail) -> None:
    changed = set()
    right = {event["_id"]: event for event in trail.events}
    for tampering in islice(audit_tampering.places(Random(1), trail), 1_500):
        for (_, id), after in tampering.changes.items():
            if before := right.get(id):
                changed |= {name for name in before if (after or {}).get(name) != before[name]}
    assert changed == {*Event.__slots__, "_id", "stream", "seq", "prev", "hash"}


def test_a_place_that_is_not_found_is_a_violation(trail: Trail) -> None:
    nothing = Tampering("nothing", {}, trail.events[0]["stream"])
    counted, missed = audit_tampering.tamper(trail, iter([nothing]), 1)
    assert (counted["places"], counted["found"]) == (1, 0)
    assert len(missed) == 1


def test_a_rewritten_stream_would_not_be_found_without_the_seal(trail: Trail) -> None:
    rewriting = audit_tampering.draw_rewriting(Random(1), trail)
    assert rewriting.named(trail.findings(rewriting))
    trail.administrator.collection(audit_seals.NAME).delete_many({})
    assert trail.findings(rewriting) == []


def test_what_was_tampered_with_is_put_right_again(trail: Trail) -> None:
    everything = {(audit.NAME, event["_id"]): None for event in trail.events}
    assert trail.findings(Tampering("all gone", dict(everything), ""))
    assert verify_events(trail.bank, full=True).ok

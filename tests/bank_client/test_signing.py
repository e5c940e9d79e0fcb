"""A merchant's signature: the known ones, and every part of a call counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bank_client.signing import message, sign

KNOWN = json.loads((Path(__file__).parents[1] / "vectors/requests.json").read_text("utf-8"))
ORDER = KNOWN[2]


def authorization(row: dict[str, Any], **changes: Any) -> str:
    """What the client makes of a row of the known ones."""
    row = {**row, **changes}
    return sign(
        row["key"], row["secret"], row["method"], row["target"], row["body"].encode(),
        timestamp=row["timestamp"], nonce=row["nonce"], idempotency_key=row["idempotency_key"],
    )  # fmt: skip


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row["name"])
def test_a_call_is_signed_as_another_program_signs_it(row: dict[str, Any]) -> None:
    assert authorization(row) == row["authorization"]


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row["name"])
def test_seven_lines_are_signed(row: dict[str, Any]) -> None:
    signed = message(
        row["method"], row["target"], row["body"].encode(), timestamp=row["timestamp"],
        nonce=row["nonce"], idempotency_key=row["idempotency_key"],
    )  # fmt: skip
    assert signed.decode() == row["message"]
    assert signed.count(b"\n") == 6


@pytest.mark.parametrize(
    "field", ["secret", "method", "target", "nonce", "idempotency_key", "body"]
)
def test_every_character_of_a_call_counts(field: str) -> None:
    right, text = _signature(authorization(ORDER)), ORDER[field]
    changed = [text[:at] + "~" + text[at + 1 :] for at in range(len(text))]
    changed += [text[:-1], text + "~", ""]
    same = [each for each in changed if _signature(authorization(ORDER, **{field: each})) == right]
    assert same == []


def test_every_second_counts() -> None:
    later = authorization(ORDER, timestamp=ORDER["timestamp"] + 1)
    assert _signature(later) != _signature(authorization(ORDER))


@pytest.mark.parametrize("field", ["method", "target", "nonce", "idempotency_key"])
def test_no_part_reaches_into_the_next_line(field: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        authorization(ORDER, **{field: ORDER[field] + "\n"})


def test_the_method_is_signed_in_capitals() -> None:
    assert authorization(ORDER, method="post") == ORDER["authorization"]


def _signature(header: str) -> str:
    return header.rpartition("signature=")[2]

"""A webhook is believed when the bank signed it, unchanged, a moment ago; never otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from werkzeug.datastructures import Headers

from bank_client.webhooks import Event, InvalidWebhook, signature, verify
from money import Money

KNOWN = json.loads((Path(__file__).parents[1] / "vectors/webhooks.json").read_text("utf-8"))
PAYMENT = KNOWN[0]
SECRET, OTHER = PAYMENT["secret"], KNOWN[1]["secret"]
BODY: bytes = PAYMENT["body"].encode()
AT = datetime.fromtimestamp(PAYMENT["timestamp"], UTC)


def headers_of(row: dict[str, Any], **changes: str) -> dict[str, str]:
    """The three headers of a known webhook; changes as in `signature="v1,"`."""
    told = {"id": row["id"], "timestamp": str(row["timestamp"]), "signature": row["signature"]}
    return {f"webhook-{name}": text for name, text in {**told, **changes}.items()}


def believed(headers: dict[str, str], body: bytes = BODY, now: datetime = AT) -> bool:
    """Whether a webhook is taken for the bank's."""
    try:
        verify(SECRET, headers, body, now=now)
    except InvalidWebhook:
        return False
    return True


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row["name"])
def test_a_webhook_is_signed_as_another_program_signs_it(row: dict[str, Any]) -> None:
    made = signature(row["secret"], row["id"], row["timestamp"], row["body"].encode())
    assert made == row["signature"]


def test_a_webhook_says_what_happened_to_a_payment() -> None:
    assert verify(SECRET, headers_of(PAYMENT), BODY, now=AT) == Event(
        "evt_0123456789abcdefghijAB", "payment.succeeded", AT, "pi_0123456789abcdefghijAB", "4711",
        "succeeded", Money(1250, "USD"), Money(1250, "USD"), Money(0, "USD"),
    )  # fmt: skip


@pytest.mark.parametrize("make", [dict, Headers], ids=["a dict", "headers of a framework"])
def test_headers_are_found_however_they_are_written(make: Callable[..., Any]) -> None:
    written = make({name.title(): text for name, text in headers_of(PAYMENT).items()})
    assert verify(SECRET, written, BODY, now=AT).order == "4711"


def test_no_byte_of_the_body_can_be_changed() -> None:
    for at in range(len(BODY)):
        changed = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
        assert not believed(headers_of(PAYMENT), changed), at
    for changed in (b"", BODY[:-1], BODY + b" ", b" " + BODY):
        assert not believed(headers_of(PAYMENT), changed)


@pytest.mark.parametrize("field", ["id", "timestamp", "signature"])
def test_no_character_of_a_header_can_be_changed(field: str) -> None:
    text = headers_of(PAYMENT)[f"webhook-{field}"]
    for at in range(len(text)):
        for other in {chr(ord(text[at]) ^ 1), "~", "\xe9", ""} - {text[at]}:
            changed = text[:at] + other + text[at + 1 :]
            assert not believed(headers_of(PAYMENT, **{field: changed})), changed


@pytest.mark.parametrize("field", ["id", "timestamp", "signature"])
def test_no_header_can_be_left_out(field: str) -> None:
    headers = headers_of(PAYMENT)
    del headers[f"webhook-{field}"]
    assert not believed(headers)


@pytest.mark.parametrize(
    "changes",
    [{"signature": "v1"}, {"signature": "v1,"}, {"signature": ","}, {"signature": " "},
     {"signature": "v2" + PAYMENT["signature"][2:]}, {"signature": "v1,\udcff"},
     {"timestamp": ""}, {"timestamp": "now"}, {"timestamp": "1767225600.0"},
     {"timestamp": "-1767225600"}, {"timestamp": "+1767225600"}, {"timestamp": "1_767225600"},
     {"timestamp": "9" * 400}, {"timestamp": "\u0661"}, {"id": ""}, {"id": "a.b"}],
    ids=repr,
)  # fmt: skip
def test_malformed_headers_are_refused_and_nothing_else(changes: dict[str, str]) -> None:
    assert not believed(headers_of(PAYMENT, **changes))


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    assert believed(headers_of(PAYMENT), now=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_an_older_or_newer_webhook_is_refused(seconds: int) -> None:
    assert not believed(headers_of(PAYMENT), now=AT + timedelta(seconds=seconds))


def test_one_right_signature_of_several_is_enough() -> None:
    old = signature(OTHER, PAYMENT["id"], PAYMENT["timestamp"], BODY)
    both = f"{old} v1a,unknown {PAYMENT['signature']}"
    assert believed(headers_of(PAYMENT, signature=both))
    assert not believed(headers_of(PAYMENT, signature=f"{old} v1a,unknown"))


def test_one_right_secret_of_several_is_enough() -> None:
    assert verify([OTHER, SECRET], headers_of(PAYMENT), BODY, now=AT).order == "4711"
    with pytest.raises(InvalidWebhook):
        verify([OTHER], headers_of(PAYMENT), BODY, now=AT)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_dG9vIHNob3J0", SECRET.removeprefix("whsec_"), SECRET + "!"]
)
def test_a_malformed_secret_is_a_mistake_of_the_shop_and_is_not_told(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and base64") as mistake:
        verify(secret, headers_of(PAYMENT), BODY, now=AT)
    assert not secret or secret == "whsec_" or secret not in str(mistake.value)


def test_no_secret_verifies_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        verify([], headers_of(PAYMENT), BODY, now=AT)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"type": "x", "data": 1}'])
def test_what_is_signed_but_cannot_be_read_is_refused(body: bytes) -> None:
    made = signature(SECRET, PAYMENT["id"], PAYMENT["timestamp"], body)
    with pytest.raises(InvalidWebhook, match="cannot be read"):
        verify(SECRET, headers_of(PAYMENT, signature=made), body, now=AT)


def test_the_standard_s_own_library_believes_what_is_signed_here() -> None:
    now = datetime.now(UTC)
    seconds = int(now.timestamp())
    made = signature(SECRET, "evt_1", seconds, BODY)
    headers = headers_of(PAYMENT, id="evt_1", timestamp=str(seconds), signature=made)
    assert Webhook(SECRET).verify(BODY, headers)["data"]["order"] == "4711"


def test_what_the_standard_s_own_library_signs_is_believed() -> None:
    made = Webhook(SECRET).sign(PAYMENT["id"], AT, PAYMENT["body"])
    assert believed(headers_of(PAYMENT, signature=made))

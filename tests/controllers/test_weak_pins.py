"""Which PINs are refused: those that are guessed first, and not many more."""

from __future__ import annotations

import random

import pytest

from app.controllers.weak_pins import check_strength
from app.errors import WeakPin

NUMBER = "548073916205"
PATTERNS = (
    "000000", "111111", "999999", "111222", "111112", "122222", "121212", "696969", "123123",
    "420420", "123321", "654456", "123456", "012345", "234567", "567890", "890123", "654321",
    "987654", "098765", "543210", "135790", "246802", "975310", "112233", "332211", "998877",
    "102030", "203040", "147258", "258369", "159753", "357159", "789456", "147852", "456123",
    "123654", "142536", "121314", "101112", "112345", "123455", "654320", "111119",
)  # fmt: skip
# Among them 15 June 1985 in three ways.
DATES = (
    "311299", "010206", "290200", "150685", "061585", "850615", "311285", "194012", "198513",
    "202613", "131985", "481999", "072026", "201990",
)  # fmt: skip


@pytest.mark.parametrize("pin", PATTERNS)
def test_patterns_are_weak(pin: str) -> None:
    with pytest.raises(WeakPin, match="pattern") as refused:
        check_strength(pin, number=NUMBER, year=2026)
    assert refused.value.facts["field"] == "pin"
    assert "dice" in refused.value.detail


@pytest.mark.parametrize("pin", DATES)
def test_dates_are_weak(pin: str) -> None:
    with pytest.raises(WeakPin, match="date"):
        check_strength(pin, number=NUMBER, year=2026)


@pytest.mark.parametrize("pin", ["548073", "480739", "391620", "916205", "502619", "937084"])
def test_digits_of_the_account_s_number_are_weak(pin: str) -> None:
    with pytest.raises(WeakPin, match="number"):
        check_strength(pin, number=NUMBER, year=2026)


@pytest.mark.parametrize(
    "pin", ["483926", "740583", "605184", "905173", "320047", "193978", "787202", "001350"]
)
def test_others_will_do(pin: str) -> None:
    check_strength(pin, number=NUMBER, year=2026)


def test_a_year_counts_once_it_has_come() -> None:
    check_strength("202748", number=NUMBER, year=2026)
    with pytest.raises(WeakPin, match="date"):
        check_strength("202748", number=NUMBER, year=2027)


def test_of_pins_that_are_drawn_by_lot_most_are_taken() -> None:
    lot = random.Random(6)
    refused = sum(_is_weak(f"{lot.randrange(10**6):06}") for _ in range(5000))
    assert 500 < refused < 750


def _is_weak(pin: str) -> bool:
    try:
        check_strength(pin, number=NUMBER, year=2026)
    except WeakPin:
        return True
    return False

"""Passwords and secrets go to the bank over a closed line, or not at all."""

from __future__ import annotations

import pytest

from bank_client import Customer


@pytest.mark.parametrize(
    "elsewhere", ["http://bank.example", "http://127.0.0.1.example", "ftp://127.0.0.1", "bank"]
)
def test_no_password_goes_over_an_open_line(elsewhere: str) -> None:
    with pytest.raises(ValueError, match="https is needed"):
        Customer(elsewhere)


@pytest.mark.parametrize("near", ["https://bank.example", "http://localhost:5000", "http://[::1]"])
def test_a_closed_line_or_one_s_own_machine_is_good(near: str) -> None:
    Customer(near).close()
    Customer("http://bank:5000", insecure=True).close()

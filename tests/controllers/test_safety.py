"""What would make somebody safer: one thing at a time, the most useful first."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.controllers import pins, safety
from app.controllers.bank import Actor, Bank
from app.controllers.second_factors import State
from tests import make
from tests.controllers.editing import change

APP = ("totp", "recovery")


@pytest.mark.parametrize(
    ("plane", "methods", "at_log_in", "codes", "advice"),
    [
        ("customer", (), False, 0, "confirm_address"),
        ("banker", (), False, 0, "set_up_app"),
        ("customer", ("mail",), True, 0, "set_up_app"),
        ("customer", ("totp",), True, 0, "renew_recovery_codes"),
        ("customer", APP, True, 3, "renew_recovery_codes"),
        ("customer", APP, False, 4, "ask_at_log_in"),
        ("customer", APP, True, 4, ""),
        ("banker", APP, False, 4, ""),
    ],
)
def test_one_thing_is_advised(
    plane: str, methods: tuple[str, ...], at_log_in: bool, codes: int, advice: str
) -> None:
    assert safety.advice_on(State(methods, at_log_in, codes), plane) == advice


def test_each_open_account_says_how_its_pin_is(client: FlaskClient, bank: Bank) -> None:
    dana = make.customer(client, "dana")
    second = dana.post("/accounts", {"name": "Savings"}).json["account"]
    third = dana.post("/accounts", {"name": "Travel"}).json["account"]
    change(make.banker(client), f"/banker/accounts/{third}", "close")
    pins.set_pin(bank, second, "483926")
    me = dana.get("/me").json["id"]
    found = safety.overview(bank, Actor(me, "", "customer"))
    states = {each.account.number: each.state for each in found.pins}
    assert states == {dana.account: "none", second: "set"}
    assert found.sessions == 1


def test_a_banker_has_no_pins(client: FlaskClient, bank: Bank) -> None:
    me = make.banker(client).get("/me").json["id"]
    assert safety.overview(bank, Actor(me, "", "banker")).pins == []

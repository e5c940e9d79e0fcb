"""How safe somebody's log-in and accounts are, and what would make them safer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.controllers import access, accounts, pins, second_factors
from app.controllers.accounts import Account
from app.controllers.bank import Actor, Bank
from app.controllers.second_factors import State

Advice = Literal["", "confirm_address", "set_up_app", "renew_recovery_codes", "ask_at_log_in"]
FEW_CODES = 3


@dataclass(frozen=True, slots=True)
class AccountPin:
    """An open account, and whether it has a PIN."""

    account: Account
    state: pins.State


@dataclass(frozen=True, slots=True)
class Safety:
    """What stands between somebody's money and a thief. `sessions` counts where the person is
    logged in; `advice` is what is worth doing next, if anything."""

    factor: State
    pins: list[AccountPin]
    sessions: int
    advice: Advice


def overview(bank: Bank, actor: Actor) -> Safety:
    """The actor's own; bankers have no accounts."""
    factor = second_factors.state(bank, actor)
    open_ones = [each for each in _accounts(bank, actor) if each.status != "closed"]
    return Safety(
        factor,
        [AccountPin(each, pins.pin_state(bank, each.number)) for each in open_ones],
        len(access.living_sessions(bank, actor)),
        advice_on(factor, actor.plane),
    )


def advice_on(factor: State, plane: str) -> Advice:
    """The one thing that helps most."""
    if not factor.methods:
        return "confirm_address" if plane == "customer" else "set_up_app"
    if "totp" not in factor.methods:
        return "set_up_app"
    if factor.recovery_codes <= FEW_CODES:
        return "renew_recovery_codes"
    # Bankers who have an app are always asked for it.
    return "" if factor.at_log_in or plane == "banker" else "ask_at_log_in"


def _accounts(bank: Bank, actor: Actor) -> list[Account]:
    return accounts.own_accounts(bank, actor) if actor.plane == "customer" else []

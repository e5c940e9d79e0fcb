"""Proposals about accounts and customers that move no money: unfreeze, limits, second factors."""

from __future__ import annotations

from collections.abc import Iterator

from app.controllers.approvals.kinds import MONEY_PEOPLE, Kind, Payload
from app.controllers.bank import Bank, limits_of
from app.controllers.orders import AccountLimits
from app.controllers.statements import minor_of
from app.errors import AccountClosed, AlreadyInState, InvalidField, NoAuthenticator, NoPin
from app.models import accounts, factors, pins, sessions, users
from app.models.accounts import Account
from app.models.approvals import Approval, Change, Plan
from app.models.users import User
from money import Money


def limits(bank: Bank, account: Account, order: AccountLimits) -> Payload:
    """The limits of an account as they are asked for, in minor units; those left out stay."""
    asked = {
        "deposits": (account.daily_deposits_minor, order.daily_deposits, "daily_deposits"),
        "spending": (account.daily_spending_minor, order.daily_spending, "daily_spending"),
        "overdraft": (-account.floor_minor, order.overdraft, "overdraft"),
    }
    payload = {
        name: now if given is None else minor_of(given, account.currency, field)
        for name, (now, given, field) in asked.items()
    }
    if account.balance_minor - account.held_minor < -(payload["overdraft"] or 0):
        raise InvalidField("the account is overdrawn by more than that", field="overdraft")
    return {"account": account.number, **payload}


def raises(bank: Bank, account: Account, payload: Payload) -> bool:
    """Whether any of the limits is higher than what holds now."""
    return any(after > before for _, before, after in _limits(bank, account, payload))


def set_limits(bank: Bank, account: Account, payload: Payload) -> bool:
    """Write the limits; False when the account changed since it was read."""
    return accounts.change_limits(
        bank.database, account, deposits=payload["deposits"], spending=payload["spending"],
        floor=-payload["overdraft"],
    )  # fmt: skip


def limit_changes(bank: Bank, account: Account, payload: Payload) -> tuple[Change, ...]:
    """The limits that would become others."""
    return tuple(
        Change(account.number, what, _major(before, account), _major(after, account),
               account.currency)
        for what, before, after in _limits(bank, account, payload)
        if before != after
    )  # fmt: skip


def check_open(account: Account) -> None:
    """Refuse what was closed for good."""
    if account.status == "closed":
        raise AccountClosed("a closed account stays closed", account=account.number)


def _major(minor: int, account: Account) -> str:
    return Money(minor, account.currency).amount


def _limits(bank: Bank, account: Account, payload: Payload) -> Iterator[tuple[str, int, int]]:
    """Each limit as it holds now and would hold, in minor units; None is the bank's own."""
    usual = limits_of(bank.config).get(account.currency)
    if usual is None:
        raise InvalidField(f"this bank keeps no {account.currency} any more", field="account")

    def or_usual(minor: int | None, money: Money) -> int:
        return money.minor if minor is None else minor

    own = (account.daily_deposits_minor, account.daily_spending_minor)
    for what, before, name, money in (
        ("daily deposits", own[0], "deposits", usual.daily_deposits),
        ("daily spending", own[1], "spending", usual.daily_spending),
    ):
        yield what, or_usual(before, money), or_usual(payload[name], money)
    yield "overdraft", -account.floor_minor, payload["overdraft"]


def _account(bank: Bank, payload: Payload) -> Account:
    account = accounts.get_account(bank.database, payload["account"])
    check_open(account)
    return account


def _plan_for(account: Account, payload: Payload, *changes: Change) -> Plan:
    # Money may move meanwhile: that changes nothing of what is decided here.
    return Plan(account.number, payload, changes, {account.number: (0, account.revision)})


def _plan_unfreeze(bank: Bank, payload: Payload) -> Plan:
    account = _account(bank, payload)
    if account.status != "frozen":
        raise AlreadyInState(f"the account is {account.status}", account=account.number)
    return _plan_for(account, payload, Change(account.number, "status", "frozen", "open"))


def _unfreeze(bank: Bank, approval: Approval, _: str) -> None:
    account = _account(bank, approval.plan.payload)
    accounts.change_status(bank.database, account, "open")


def _plan_limits(bank: Bank, payload: Payload) -> Plan:
    account = _account(bank, payload)
    changes = limit_changes(bank, account, payload)
    if not changes:
        raise AlreadyInState("these are its limits", account=account.number)
    return _plan_for(account, payload, *changes)


def _change_limits(bank: Bank, approval: Approval, _: str) -> None:
    set_limits(bank, _account(bank, approval.plan.payload), approval.plan.payload)


def _plan_pin(bank: Bank, payload: Payload) -> Plan:
    account = _account(bank, payload)
    pin = pins.find_pin(bank.database, account.number)
    if pin is None or not pin.kid:
        raise NoPin("there is nothing to reset", account=account.number)
    change = Change(account.number, "PIN", "locked" if pin.locked_at else "set", "none")
    return _plan_for(account, payload, change)


def _forget_pin(bank: Bank, approval: Approval, _: str) -> None:
    """Bankers see and set no PIN: the owner sets another one, under the second factor."""
    pins.forget_pin(bank.database, approval.plan.payload["account"])


def _plan_customer(bank: Bank, payload: Payload) -> Plan:
    user = users.get_customer(bank.database, payload["customer"])
    if user.status != "frozen":
        raise AlreadyInState(f"the customer is {user.status}", customer=user.id)
    change = Change(user.username, "status", "frozen", "active")
    return Plan(user.id, payload, (change,), {user.id: (0, user.revision)})


def _unfreeze_customer(bank: Bank, approval: Approval, _: str) -> None:
    user = users.get_customer(bank.database, approval.plan.payload["customer"])
    users.change_user(bank.database, user, {"status": "active"})


def factor_plan(bank: Bank, user: User, payload: Payload) -> Plan:
    """To forget a person's authenticator app and recovery codes, and to end the sessions."""
    found = factors.find_factors(bank.database, user.id)
    if found.totp is None:
        raise NoAuthenticator("there is nothing to reset")
    change = Change(user.username, "authenticator app", "set up", "none")
    return Plan(user.id, payload, (change,), {user.id: (found.revision, user.revision)})


def drop_factor(bank: Bank, approval: Approval, _: str) -> None:
    """Forget the app of whom it is about; every session ends now."""
    factors.drop_totp(bank.database, approval.plan.subject)
    sessions.revoke_all(bank.database, approval.plan.subject, bank.now(), "second factor reset")


def _plan_factor(bank: Bank, payload: Payload) -> Plan:
    return factor_plan(bank, users.get_customer(bank.database, payload["user"]), payload)


KINDS = (
    Kind("unfreeze", *MONEY_PEOPLE, plan=_plan_unfreeze, execute=_unfreeze),
    Kind("unfreeze_customer", *MONEY_PEOPLE, plan=_plan_customer, execute=_unfreeze_customer),
    Kind("limits", *MONEY_PEOPLE, plan=_plan_limits, execute=_change_limits),
    Kind("reset_pin", *MONEY_PEOPLE, plan=_plan_pin, execute=_forget_pin),
    Kind("reset_factor", *MONEY_PEOPLE, plan=_plan_factor, execute=drop_factor),
)

"""Money in and out: deposit, withdraw, transfer. What may need a code is confirmed on a second
page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from app.controllers import accounts, confirmations, payees, transfers
from app.controllers.accounts import Account
from app.controllers.orders import (
    Deposit,
    DepositSchema,
    Transfer,
    TransferSchema,
    Withdraw,
    WithdrawSchema,
)
from app.errors import SecondFactorNeeded
from app.views import guards, html
from app.views.context import actor, bank
from app.views.formats import money, plain_amount
from app.views.forms import Form
from app.views.languages import _
from app.views.pages.my import drafts
from app.views.pages.my.drafts import Draft
from app.views.pages.places import receipt_address

payments = guards.customer_pages(Blueprint("my_payments", __name__, url_prefix="/my"))
_BOTH = ["GET", "POST"]


@payments.route("/deposit", methods=_BOTH)
def deposit() -> Any:
    """Put money on one of the own accounts."""
    form: Form[Deposit] = Form(DepositSchema, _start())
    if form.sent:
        done = form.attempt(lambda order: transfers.deposit(bank(), actor(), order, form.key))
        if done:
            return html.see(receipt_address(done))
    return _page("my/deposit.html", form)


@payments.route("/withdraw", methods=_BOTH)
def withdraw() -> Any:
    """Take money from one of the own accounts."""
    form: Form[Withdraw] = Form(WithdrawSchema, _start(drafts.find("withdraw")))
    if form.sent:
        onward = form.attempt(lambda order: _withdraw(order, form.key))
        if onward:
            return html.see(onward)
    return _page("my/withdraw.html", form)


@payments.route("/transfer", methods=_BOTH)
def transfer() -> Any:
    """Say whom to send how much; it is confirmed on the next page."""
    form: Form[Transfer] = Form(TransferSchema, _start(drafts.find("transfer")))
    if form.sent:
        onward = form.attempt(lambda order: _transfer(order, form.key))
        if onward:
            return html.see(onward)
    return _page("my/transfer.html", form, payees=payees.list_payees(bank(), actor()))


def _withdraw(order: Withdraw, key: str) -> str:
    """Where it goes on: to the receipt, or to the page that asks for a code."""
    try:
        return receipt_address(transfers.withdraw(bank(), actor(), order, key))
    except SecondFactorNeeded:
        seen = confirmations.begin(bank(), actor(), order)
        draft = Draft(
            kind="withdraw", account=seen.payment.account, amount=seen.payment.amount.amount,
            currency=seen.payment.amount.currency, memo=order.memo, key=key,
        )  # fmt: skip
        return drafts.address("my_payments.withdraw_confirm", draft)


def _transfer(order: Transfer, key: str) -> str:
    """Where it goes on: to the page that shows it once more."""
    payee = payees.look_up(bank(), actor(), order.to)
    seen = confirmations.begin(bank(), actor(), order)
    draft = Draft(
        kind="transfer", account=seen.payment.account, amount=seen.payment.amount.amount,
        currency=seen.payment.amount.currency, memo=order.memo, key=key, to=payee.number,
        payee=payee.name, own=payee.own,
    )  # fmt: skip
    return drafts.address("my_payments.transfer_confirm", draft)


def _start(draft: Draft | None = None) -> Mapping[str, str]:
    """What the fields show at first: what was typed before, or what a link of ours says."""
    if draft:
        return {**draft.fields, "amount": plain_amount(draft.money)}
    asked = {name: request.args.get(name, "") for name in ("account", "to")}
    return {**asked, "account": asked["account"] or actor().default_account or ""}


def _page(template: str, form: Form[Any], **shown: Any) -> Any:
    held = [a for a in accounts.own_accounts(bank(), actor()) if a.status != "closed"]
    currencies = {account.currency for account in held}
    return html.page(
        template,
        form.status,
        form=form,
        accounts=held,
        options=[(account.number, _described(account)) for account in held],
        currency=currencies.pop() if len(currencies) == 1 else "",
        **shown,
    )


def _described(account: Account) -> str:
    """An account in a list to choose from."""
    return _(
        "%(name)s (…%(digits)s): %(amount)s available",
        name=account.name,
        digits=account.number[-4:],
        amount=money(account.available),
    )

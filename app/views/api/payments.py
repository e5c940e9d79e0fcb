"""Shops ask for payments, capture them, and give them back; docs/payments.md tells the whole story.

Every call is signed. What moves money needs an Idempotency-Key, so that a repeat never moves it
twice.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers.desk import Place
from app.controllers.orders import (
    CancelIntent,
    CancelIntentSchema,
    CaptureOrder,
    CaptureOrderSchema,
    CreateIntent,
    CreateIntentSchema,
    IntentsQuery,
    IntentsQuerySchema,
    RefundOrder,
    RefundOrderSchema,
)
from app.controllers.payments import capturing, refunds
from app.controllers.payments import intents as controller
from app.controllers.payments.intents import Shown
from app.errors import (
    AccountClosed,
    AccountFrozen,
    BalanceLimitExceeded,
    CaptureTooLarge,
    CurrencyMismatch,
    InsufficientFunds,
    IntentNotFound,
    InvalidField,
    KeyReused,
    OrderTaken,
    Overtaken,
    PostingLimitExceeded,
    RefundTooLarge,
    WrongState,
)
from app.views import guards
from app.views.api import representations
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import operation
from app.views.context import actor, bank, needed_key
from app.views.scopes import scope

payments = guards.merchants(Blueprint("payments", __name__, url_prefix="/payment_intents"))
_MOVING = (IntentNotFound, WrongState, KeyReused, Overtaken, AccountFrozen, AccountClosed)


@payments.post("")
@scope("payments:create")
@operation(
    status=201,
    body=CreateIntentSchema,
    answer=representations.PaymentIntent,
    problems=(KeyReused, OrderTaken, PostingLimitExceeded, CurrencyMismatch, InvalidField),
    needs_key=True,
)
def create_intent(order: CreateIntent) -> Any:
    """Ask a customer for a payment, and send the customer to its `pay_url`.

    An order has one payment. The same key and request get it again, as it is now.
    """
    intent, replayed = controller.create(bank(), actor(), order, needed_key())
    headers = {"Location": f"/payment_intents/{intent.id}", **_replayed(replayed)}
    return _one(intent), headers


@payments.get("")
@scope("payments:read")
@operation(query=IntentsQuerySchema, answer=representations.PaymentIntents)
def list_intents(query: IntentsQuery) -> Any:
    """The payments that the shop has asked for, newest first."""
    of = f"payment intents {actor().user}"
    place = read_cursor(query.cursor, of)
    found = controller.list_intents(bank(), actor(), query, Place(*place) if place else None)
    after = found.after
    return page(controller.show(bank(), found.items), [after.at, after.id] if after else None, of)


@payments.get("/<id>")
@scope("payments:read")
@operation(answer=representations.PaymentIntent, problems=(IntentNotFound,))
def show_intent(id: str) -> Any:
    """One payment of the shop, as it is now."""
    return _one(controller.read(bank(), actor(), id))


@payments.post("/<id>/cancel")
@scope("payments:create")
@operation(
    body=CancelIntentSchema,
    answer=representations.PaymentIntent,
    problems=(IntentNotFound, WrongState, Overtaken),
)
def cancel_intent(order: CancelIntent, id: str) -> Any:
    """Let nobody pay it any more, and free what is held.

    Possible before the customer has paid, and while nothing was captured of what is held.
    """
    return _one(controller.cancel(bank(), actor(), id, order))


@payments.post("/<id>/capture")
@scope("payments:capture")
@operation(
    status=201,
    body=CaptureOrderSchema,
    answer=representations.CaptureMade,
    problems=(*_MOVING, CaptureTooLarge, CurrencyMismatch, BalanceLimitExceeded, InvalidField),
    needs_key=True,
)
def capture_intent(order: CaptureOrder, id: str) -> Any:
    """Take what is held, or a part of it; what is left is freed, unless `final` is false."""
    made = capturing.capture(bank(), actor(), id, order, needed_key())
    shown = _one(made.intent)
    return {"capture": shown.part(made.part), "intent": shown}, _replayed(made.replayed)


@payments.post("/<id>/refunds")
@scope("payments:refund")
@operation(
    status=201,
    body=RefundOrderSchema,
    answer=representations.RefundMade,
    problems=(
        *_MOVING,
        RefundTooLarge,
        CurrencyMismatch,
        InsufficientFunds,
        BalanceLimitExceeded,
        InvalidField,
    ),
    needs_key=True,
)
def refund_intent(order: RefundOrder, id: str) -> Any:
    """Give back what was paid, or a part of it, from the shop's account."""
    made = refunds.refund(bank(), actor(), id, order, needed_key())
    shown = _one(made.intent)
    return {"refund": shown.part(made.part), "intent": shown}, _replayed(made.replayed)


def _one(intent: controller.Intent) -> Shown:
    (shown,) = controller.show(bank(), [intent])
    return shown


def _replayed(replayed: bool) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if replayed else {}

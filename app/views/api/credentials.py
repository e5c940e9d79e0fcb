"""Passwords, second factors and the codes they are changed with, of whoever is logged in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import codes as mailed
from app.controllers import credentials, second_factors, step_up, transfers
from app.controllers.accounts import own_title
from app.controllers.factors import Enrolment
from app.controllers.orders import (
    AskCode,
    AskCodeSchema,
    ChangePassword,
    ChangePasswordSchema,
    Code,
    CodeSchema,
    Proof,
    ProofSchema,
    SwitchFactor,
    SwitchFactorSchema,
)
from app.controllers.payments.merchants import own_shop
from app.errors import (
    AccountNotFound,
    CurrencyMismatch,
    InvalidCode,
    InvalidProof,
    MerchantNotFound,
    NoAuthenticator,
    NoSecondFactor,
    SameAccount,
    SecondFactorNeeded,
    TooManyTries,
    WeakPassword,
)
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import actor, bank
from app.views.qr import qr_svg

codes = guards.signed_in(Blueprint("codes", __name__, url_prefix="/auth"))
own = guards.signed_in(Blueprint("credentials", __name__, url_prefix="/auth"))
_PROVED = (SecondFactorNeeded, InvalidProof, TooManyTries)


@codes.post("/codes")
@operation(
    status=201,
    body=AskCodeSchema,
    answer=representations.CodeAsked,
    problems=(
        NoSecondFactor, AccountNotFound, MerchantNotFound, CurrencyMismatch, SameAccount,
        TooManyTries,
    ),
)  # fmt: skip
def ask_for_code(order: AskCode) -> Any:
    """Ask for a code: for exactly this payment, account or change, and for nothing else.

    It is mailed, or it is what your authenticator app shows, or a recovery code.
    """
    if order.purpose in ("transfer", "withdraw"):
        payment = transfers.payment_of(bank(), actor(), order)
        found = step_up.ask_for_payment(bank(), actor(), payment)
    else:
        found = step_up.ask(bank(), actor(), order.purpose, subject=_subject(order))
    return {
        "methods": second_factors.state(bank(), actor()).methods,
        "sent_to": found.address,
        "expires_in": int(mailed.CODE_LIFE.total_seconds()),
    }


@own.post("/password")
@operation(status=204, body=ChangePasswordSchema, problems=(*_PROVED, WeakPassword))
def change_password(order: ChangePassword) -> None:
    """Change your password; you stay logged in here alone."""
    credentials.change(bank(), actor(), order)


@own.get("/second_factor")
@operation(answer=representations.SecondFactor)
def show_second_factor() -> Any:
    """What you can prove a second factor with."""
    return second_factors.state(bank(), actor())


@own.put("/second_factor")
@operation(
    body=SwitchFactorSchema,
    answer=representations.SecondFactor,
    problems=(*_PROVED, NoSecondFactor),
)
def switch_second_factor(order: SwitchFactor) -> Any:
    """Be asked for it at each log-in, or no longer."""
    return second_factors.switch(bank(), actor(), order)


@own.post("/totp")
@operation(status=201, body=ProofSchema, answer=representations.Enrolment, problems=_PROVED)
def begin_totp(order: Proof) -> Any:
    """Set up an authenticator app: a secret and its QR code, shown once, good for ten minutes."""
    return enrolment(second_factors.begin_app(bank(), actor(), order))


@own.post("/totp/confirm")
@operation(body=CodeSchema, answer=representations.RecoveryCodes, problems=(InvalidCode,))
def confirm_totp(order: Code) -> Any:
    """Confirm the app with a code of it; ten recovery codes, shown once."""
    return {"recovery_codes": second_factors.confirm_app(bank(), actor(), order.code)}


@own.delete("/totp")
@operation(status=204, body=ProofSchema, problems=(*_PROVED, NoAuthenticator))
def drop_totp(order: Proof) -> None:
    """Remove the app; codes come by mail then, where an address is confirmed."""
    second_factors.drop_app(bank(), actor(), order)


@own.post("/recovery_codes")
@operation(
    status=201,
    body=ProofSchema,
    answer=representations.RecoveryCodes,
    problems=(*_PROVED, NoAuthenticator),
)
def renew_recovery_codes(order: Proof) -> Any:
    """Ten new recovery codes; the old ones are worth nothing then."""
    return {"recovery_codes": second_factors.renew_recovery_codes(bank(), actor(), order)}


def _subject(order: AskCode) -> str:
    """What a code that is not for money is bound to."""
    if order.purpose == "set_pin":
        return own_title(bank(), actor(), order.account).number
    if order.purpose == "merchant_key":
        return own_shop(bank(), actor(), order.merchant or "").id
    return order.approval or "" if order.purpose == "approve" else ""


def enrolment(made: Enrolment) -> dict[str, Any]:
    """What an authenticator app needs, with the picture of it."""
    return {
        "secret_base32": made.secret_base32, "uri": made.uri, "qr": qr_svg(made.uri),
        "expires_at": made.expires_at,
    }  # fmt: skip

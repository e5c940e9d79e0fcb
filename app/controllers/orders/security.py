"""What is asked for with codes: confirming, second factors, passwords."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from marshmallow import fields, validate

from app.controllers.orders.fields import (
    AccountNumber,
    Amount,
    CurrencyCode,
    Flag,
    Order,
    Text,
    account_field,
    code_field,
    email_field,
    password_field,
)

PURPOSES = (
    "transfer", "withdraw", "change_password", "change_email", "second_factor", "set_pin",
    "approve", "merchant_key",
)  # fmt: skip
"""What a code may be asked for by whoever is logged in."""


def _flow_field() -> Text:
    return Text(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"example": "`flow_id` of the answer before"},
    )


def _mfa_field() -> Text:
    return Text(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"example": "`mfa_token` of the log-in"},
    )


@dataclass(frozen=True, slots=True)
class Flow:
    """Have the code of a registration sent again."""

    flow_id: str


class FlowSchema(Order):
    makes = Flow
    flow_id = _flow_field()


@dataclass(frozen=True, slots=True)
class VerifyFlow:
    """Answer the code of a registration."""

    flow_id: str
    code: str


class VerifyFlowSchema(Order):
    makes = VerifyFlow
    flow_id = _flow_field()
    code = code_field(required=True)


@dataclass(frozen=True, slots=True)
class WaitingLogIn:
    """Have the code of a waiting log-in sent again."""

    mfa_token: str


class WaitingLogInSchema(Order):
    makes = WaitingLogIn
    mfa_token = _mfa_field()


@dataclass(frozen=True, slots=True)
class VerifyLogIn:
    """Answer the code of a waiting log-in."""

    mfa_token: str
    code: str


class VerifyLogInSchema(Order):
    makes = VerifyLogIn
    mfa_token = _mfa_field()
    code = code_field(required=True)


@dataclass(frozen=True, slots=True)
class AskCode:
    """Ask for a code: `to` and `amount` of a payment, `account` also of a PIN, an approval, a
    shop."""

    purpose: str
    account: str | None
    to: str | None
    currency: str | None
    approval: str | None
    merchant: str | None
    amount: Decimal | None = None


class AskCodeSchema(Order):
    makes = AskCode
    purpose = fields.String(
        required=True, validate=validate.OneOf(PURPOSES), metadata={"example": "withdraw"}
    )
    account = account_field()
    to = AccountNumber(load_default=None, metadata={"description": "For a transfer."})
    amount = Amount(metadata={"description": "For a transfer or a withdrawal.", "example": "60.00"})
    currency = CurrencyCode(load_default=None)
    approval = Text(
        load_default=None,
        validate=validate.Length(1, 64),
        metadata={"description": "Which one, for approve."},
    )
    merchant = Text(
        load_default=None,
        validate=validate.Length(1, 64),
        metadata={"description": "Which shop, for merchant_key."},
    )


@dataclass(frozen=True, slots=True)
class Code:
    """A code alone."""

    code: str


class CodeSchema(Order):
    makes = Code
    code = code_field(required=True)


@dataclass(frozen=True, slots=True)
class Proof:
    """Password and, where there is a second factor, its code."""

    password: str
    code: str | None


class ProofSchema(Order):
    makes = Proof
    password = password_field()
    code = code_field(load_default=None)


@dataclass(frozen=True, slots=True)
class SwitchFactor:
    """Be asked for the second factor at each log-in, or no longer."""

    at_log_in: bool
    password: str
    code: str | None


class SwitchFactorSchema(ProofSchema):
    makes = SwitchFactor  # type: ignore[assignment]
    at_log_in = Flag(required=True, metadata={"example": True})


@dataclass(frozen=True, slots=True)
class ChangeEmail:
    """Give a new e-mail address, which is the person's once it is confirmed."""

    email: str
    password: str
    code: str | None


class ChangeEmailSchema(ProofSchema):
    makes = ChangeEmail  # type: ignore[assignment]
    email = email_field(required=True)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Set another password."""

    current_password: str
    new_password: str
    code: str | None


class ChangePasswordSchema(Order):
    makes = ChangePassword
    current_password = password_field()
    new_password = password_field()
    code = code_field(load_default=None)


@dataclass(frozen=True, slots=True)
class Forgot:
    """Have a link mailed to set a new password."""

    email: str


class ForgotSchema(Order):
    makes = Forgot
    email = email_field(required=True)


def _link_field() -> Text:
    return Text(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"example": "what follows # in the link"},
    )


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Look at what a mailed link needs."""

    token: str


class OpenLinkSchema(Order):
    makes = OpenLink
    token = _link_field()


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Set a new password by the mailed link."""

    token: str
    new_password: str
    code: str | None


class ResetPasswordSchema(Order):
    makes = ResetPassword
    token = _link_field()
    new_password = password_field()
    code = code_field(load_default=None)

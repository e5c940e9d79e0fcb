"""What is asked for about shops: by bankers, by their owners, and for a list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from app.controllers.orders.desk import Proposal, ProposalSchema, Reason, ReasonSchema
from app.controllers.orders.fields import (
    EXAMPLE_ACCOUNT,
    AccountNumber,
    Flag,
    Order,
    Text,
    code_field,
)
from app.controllers.orders.lists import cursor_field, limit_field
from app.controllers.orders.people import Choices
from app.models.merchant_keys import SCOPES
from app.models.merchants import MOST_RETURN_URLS, STATUSES

# https, or http on the same computer. Letters that need no quoting, so that comparing them exactly
# is comparing where they lead.
_URL = re.compile(
    r"\A(?:https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|http://(?:localhost|127\.0\.0\.1))"
    r"(?::[1-9][0-9]{0,4})?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?\Z"
)
_ADDRESS = validate.Regexp(
    _URL, error="Write an address like https://shop.example/paid, without a #."
)


class Lines(fields.List[str]):
    """Several texts; in a form, one on each line."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return super()._deserialize(str(value).split(), *args, **kwargs)


def _return_urls_field(kind: type[fields.List[str]] = fields.List, **more: Any) -> fields.List[str]:
    return kind(
        # Where a browser may be sent back to.
        fields.String(validate=[validate.Length(1, 500), _ADDRESS]),
        validate=validate.Length(1, MOST_RETURN_URLS),
        metadata={
            "example": ["https://shop.example/paid"],
            "description": "Where customers may be sent back to, exactly.",
        },
        **more,
    )


_DIRECT = {"description": "Whether its own pages may take account number and PIN."}


@dataclass(frozen=True, slots=True)
class NewMerchant(Proposal):
    """A shop that is to be paid onto a customer's account."""

    name: str
    account: str
    return_urls: list[str]
    direct_pin: bool


class NewMerchantSchema(ProposalSchema):
    makes = NewMerchant
    name = Text(
        required=True, validate=validate.Length(1, 60), metadata={"example": "Kabel & Co"}
    )  # fmt: skip
    account = AccountNumber(
        required=True, metadata={"example": EXAMPLE_ACCOUNT, "description": "What is credited."}
    )
    return_urls = _return_urls_field(required=True)
    direct_pin = Flag(load_default=False, metadata=_DIRECT)


@dataclass(frozen=True, slots=True)
class MerchantChange(Proposal):
    """What is to be another; what is left out stays as it is."""

    account: str | None
    return_urls: list[str] | None
    direct_pin: bool | None


class MerchantChangeSchema(ProposalSchema):
    makes = MerchantChange
    account = AccountNumber(
        load_default=None, metadata={"description": "Another one of the same customer."}
    )
    return_urls = _return_urls_field(load_default=None)
    direct_pin = Flag(load_default=None, metadata=_DIRECT)


class NewMerchantFormSchema(NewMerchantSchema):
    """As a page sends it."""

    return_urls = _return_urls_field(Lines, required=True)


class MerchantChangeFormSchema(MerchantChangeSchema):
    """As a page sends it: all of it, with a box that is ticked or not."""

    account = AccountNumber(required=True)
    return_urls = _return_urls_field(Lines, required=True)
    direct_pin = Flag(load_default=False)


@dataclass(frozen=True, slots=True)
class MerchantsQuery:
    """Which shops."""

    status: str | None
    limit: int
    cursor: str | None


class MerchantsQuerySchema(Order):
    makes = MerchantsQuery
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    limit = limit_field()
    cursor = cursor_field()


@dataclass(frozen=True, slots=True)
class IssueKey:
    """A new key of a shop, and what it is to be for."""

    scopes: list[str]
    code: str | None


class IssueKeySchema(Order):
    makes = IssueKey
    scopes = Choices(
        fields.String(validate=validate.OneOf(SCOPES)),
        required=True,
        validate=validate.Length(1, len(SCOPES)),
        metadata={"example": ["payments:create", "payments:read"]},
    )
    code = code_field(load_default=None)


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Let a key open nothing any more."""

    code: str | None


class RevokeKeySchema(Order):
    makes = RevokeKey
    code = code_field(load_default=None)


@dataclass(frozen=True, slots=True)
class StopKey(Reason):
    """Let a key open nothing any more, as a banker."""

    merchant_key: str


class StopKeySchema(ReasonSchema):
    makes = StopKey
    merchant_key = fields.String(required=True, validate=validate.Length(1, 64))

"""The bank seen from outside: for customers' programs, for merchants, for whoever gets webhooks."""

from bank_client.customer import Customer
from bank_client.entrance import LoggedIn, PendingLogIn, PendingRegistration
from bank_client.merchant import Merchant
from bank_client.orders import Amount
from bank_client.payments import (
    Capture,
    Captured,
    Delivery,
    Endpoint,
    Intent,
    Refund,
    Refunded,
    Shop,
    Try,
)
from bank_client.problems import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from bank_client.session import Tokens
from bank_client.shapes import Account, Balance, CodeAsked, Profile, Registered, Transaction
from bank_client.webhooks import Event, InvalidWebhook
from bank_client.wire import Patience, new_key

__all__ = [
    "Account", "Amount", "Balance", "Capture", "Captured", "CodeAsked", "Conflict", "Customer",
    "Delivery", "Endpoint", "Event", "Forbidden", "Intent", "InvalidWebhook", "LoggedIn",
    "Merchant", "NotFound", "Patience", "PendingLogIn", "PendingRegistration", "Problem",
    "Profile", "Refund", "Refunded", "Refused", "Registered", "Shop", "Tokens", "TooMany",
    "Transaction", "Try", "Unauthenticated", "Unavailable", "Unreachable", "new_key",
]  # fmt: skip

"""The bank seen from outside: for programs of customers, bankers and merchants, for webhooks."""

from bank_client.banker import Banker
from bank_client.customer import Customer
from bank_client.desk import (
    Approval,
    Change,
    DeskAccount,
    DeskTransaction,
    Finding,
    Line,
    Verification,
)
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
from bank_client.person import Person
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
    "Account", "Amount", "Approval", "Balance", "Banker", "Capture", "Captured", "Change",
    "CodeAsked", "Conflict", "Customer", "Delivery", "DeskAccount", "DeskTransaction", "Endpoint",
    "Event", "Finding", "Forbidden", "Intent", "InvalidWebhook", "Line", "LoggedIn", "Merchant",
    "NotFound", "Patience", "PendingLogIn", "PendingRegistration", "Person", "Problem", "Profile",
    "Refund", "Refunded", "Refused", "Registered", "Shop", "Tokens", "TooMany", "Transaction",
    "Try", "Unauthenticated", "Unavailable", "Unreachable", "Verification", "new_key",
]  # fmt: skip

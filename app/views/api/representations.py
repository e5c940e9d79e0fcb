"""What an answer looks like. Dump only: nothing here is ever read from a caller."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from app.controllers.orders import EXAMPLE_ACCOUNT
from money import Money as Amount


class Moment(fields.DateTime):
    """RFC 3339 in UTC with milliseconds and Z."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        return rfc3339(value)


def rfc3339(moment: datetime) -> str:
    """A time in UTC as every answer writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _account_number(**more: Any) -> fields.String:
    return fields.String(metadata={"example": EXAMPLE_ACCOUNT}, **more)


class Representation(Schema):
    """The shape of an answer, or of a part of one."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What an object or a dict has under a name, or under a path such as "entry.seq"."""
        return obj.get(attr, default) if isinstance(obj, dict) else _getter(attr)(obj)


_getter = cache(attrgetter)


class Money(Representation):
    """An amount as exact text in major units."""

    amount = fields.String(required=True, metadata={"example": "12.50"})
    currency = fields.String(required=True, metadata={"example": "USD"})


class AmountOfMoney(fields.Nested):
    """Money within an answer."""

    def __init__(self, **more: Any) -> None:
        super().__init__(Money, **more)

    def _serialize(  # type: ignore[override]
        self, nested_obj: Any, attr: Any, obj: Any, **kwargs: Any
    ) -> Any:
        # As the schema would write it, at a twentieth of the cost.
        return None if nested_obj is None else nested_obj.as_dict()


class Customer(Representation):
    """What the bank knows of a person, as that person sees it."""

    id = fields.String(required=True)
    username = fields.String(required=True, metadata={"example": "dana"})
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    email_confirmed = fields.Boolean(required=True)
    phone = fields.String(attribute="shown_phone", required=True, allow_none=True)
    status = fields.String(required=True, metadata={"example": "active"})
    default_account = _account_number(required=True, allow_none=True)
    created_at = Moment(required=True)


class Account(Representation):
    """An account, as its owner sees it."""

    account = _account_number(attribute="number", required=True)
    name = fields.String(required=True, metadata={"example": "Current account"})
    owner = fields.String(attribute="username", required=True, metadata={"example": "dana"})
    currency = fields.String(required=True, metadata={"example": "USD"})
    status = fields.String(required=True, metadata={"example": "open"})
    balance = AmountOfMoney(required=True)
    available = AmountOfMoney(required=True)
    opened_at = Moment(required=True)


class Accounts(Representation):
    """A customer's accounts, oldest first; there are never many."""

    items = fields.List(fields.Nested(Account), required=True)
    next = fields.String(required=True, allow_none=True, dump_default=None)


class PinState(Representation):
    """Whether an account has a PIN; a locked one opens when it is set again."""

    state = fields.String(
        required=True, validate=validate.OneOf(("none", "set", "locked")),
        metadata={"example": "set"},
    )  # fmt: skip


class Registered(Representation):
    """A new customer with the first account."""

    customer = fields.Nested(Customer, required=True)
    account = fields.Nested(Account, required=True)


class Tokens(Representation):
    """An access token for the Authorization header and a refresh token for the next one."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 600})


class LoggedIn(Tokens):
    """Tokens, and one for the next log-in on this device."""

    device_token = fields.String(required=True)


class CodeSent(Representation):
    """A code is on its way, if there is somebody to read it."""

    flow_id = fields.String(required=True)
    expires_in = fields.Integer(
        required=True, metadata={"description": "Seconds the code is good for.", "example": 600}
    )
    resend_in = fields.Integer(
        required=True, metadata={"description": "Seconds until another one.", "example": 60}
    )


class CodeAsked(Representation):
    """How to prove the second factor for what was asked."""

    methods = fields.List(fields.String(), required=True, metadata={"example": ["mail"]})
    sent_to = fields.Function(
        lambda asked: masked_email(asked["sent_to"]), required=True, allow_none=True
    )
    expires_in = fields.Integer(required=True, metadata={"example": 600})


class WaitingForCode(Representation):
    """The password was right; now a code, at /auth/login/verify."""

    mfa_token = fields.String(required=True)
    methods = fields.List(fields.String(), required=True, metadata={"example": ["totp"]})
    expires_in = fields.Integer(required=True, metadata={"example": 300})


class SecondFactor(Representation):
    """How a person can prove a second factor: totp, recovery or mail; none where it is empty."""

    methods = fields.List(fields.String(), required=True, metadata={"example": ["mail"]})
    at_log_in = fields.Boolean(required=True)
    recovery_codes = fields.Integer(required=True, metadata={"description": "How many are left."})


class Enrolment(Representation):
    """What an authenticator app needs, shown once."""

    secret = fields.String(attribute="secret_base32", required=True)
    uri = fields.String(required=True)
    qr = fields.String(required=True, metadata={"description": "The URI as an SVG picture."})
    expires_at = Moment(required=True)


class RecoveryCodes(Representation):
    """Ten codes for when the app is lost, shown once, each good once."""

    recovery_codes = fields.List(fields.String(), required=True)


class Session(Representation):
    """A log-in somewhere."""

    id = fields.String(required=True)
    device = fields.String(required=True)
    created_at = Moment(required=True)
    last_seen_at = Moment(required=True)
    expires_at = Moment(required=True)
    current = fields.Boolean(required=True)


class Sessions(Representation):
    """A person's living sessions, newest first."""

    items = fields.List(fields.Nested(Session), required=True)
    next = fields.String(required=True, allow_none=True, dump_default=None)


class Balance(Representation):
    """A balance, now or at a time; `available` is null for a time that is over."""

    account = _account_number(attribute="account.number", required=True)
    customer = fields.String(attribute="account.customer", required=True)
    balance = AmountOfMoney(required=True)
    available = AmountOfMoney(required=True, allow_none=True)
    as_of = Moment(required=True)


class Transaction(Representation):
    """A transaction as the holder of one account sees it; the amount is signed."""

    id = fields.String(attribute="transaction.id", required=True)
    kind = fields.String(
        attribute="transaction.kind", required=True, metadata={"example": "deposit"}
    )
    account = _account_number(required=True)
    amount = AmountOfMoney(required=True)
    balance = AmountOfMoney(required=True)
    seq = fields.Integer(attribute="entry.seq", required=True, metadata={"example": 7})
    at = Moment(attribute="transaction.at", required=True)
    memo = fields.String(attribute="transaction.memo", required=True)
    reference = fields.String(attribute="transaction.reference", required=True)
    counterparty = _account_number(required=True, allow_none=True)


class Transactions(Representation):
    """A page of transactions, newest first."""

    items = fields.List(fields.Nested(Transaction), required=True)
    next = fields.String(required=True, allow_none=True)


class DeskAccount(Account):
    """An account, as a banker sees it; a daily limit that is null is the bank's usual one."""

    customer = fields.String(required=True, metadata={"example": "Dana Scott"})
    customer_id = fields.String(attribute="owner", required=True)
    held = AmountOfMoney(required=True)
    transactions = fields.Integer(attribute="seq", required=True)
    daily_deposits = AmountOfMoney(required=True, allow_none=True)
    daily_spending = AmountOfMoney(required=True, allow_none=True)
    overdraft = AmountOfMoney(required=True)
    revision = fields.Integer(required=True)


class DeskAccounts(Representation):
    """A page of all customers' accounts."""

    items = fields.List(fields.Nested(DeskAccount), required=True)
    next = fields.String(required=True, allow_none=True)


class Line(Representation):
    """One line of a transaction; `balance` and `seq` are null on the bank's own accounts."""

    account = fields.String(required=True)
    amount = AmountOfMoney(required=True)
    balance = AmountOfMoney(required=True, allow_none=True)
    seq = fields.Integer(required=True, allow_none=True)


class DeskTransaction(Representation):
    """A transaction with all its lines, which sum to zero."""

    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"example": "transfer"})
    at = Moment(required=True)
    actor = fields.String(required=True, metadata={"example": "alice"})
    amount = AmountOfMoney(required=True)
    lines = fields.List(fields.Nested(Line), required=True)
    memo = fields.String(required=True)
    reference = fields.String(required=True)
    reverses = fields.String(required=True, allow_none=True)
    hash = fields.String(required=True)


class DeskTransactions(Representation):
    """A page of all customers' transactions, newest first."""

    items = fields.List(fields.Nested(DeskTransaction), required=True)
    next = fields.String(required=True, allow_none=True)


class LineInFull(Line):
    """One line of a transaction; `prev` is the hash that the account's history ended with."""

    prev = fields.String(required=True, allow_none=True)


class DeskTransactionInFull(DeskTransaction):
    """A transaction with all its lines, and what was taken back of it."""

    lines = fields.List(fields.Nested(LineInFull), required=True)
    key = fields.String(
        required=True, allow_none=True, metadata={"description": "Under which it was asked for."}
    )
    reversals = fields.List(fields.String(), required=True)
    left = AmountOfMoney(required=True, metadata={"description": "What can be taken back."})


class DeskCustomer(Representation):
    """A customer, as a banker sees one: address and phone masked."""

    id = fields.String(required=True)
    username = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.Function(lambda user: masked_email(user.email), required=True, allow_none=True)
    phone = fields.Function(lambda user: masked_phone(user.phone), required=True, allow_none=True)
    status = fields.String(required=True, metadata={"example": "active"})
    created_at = Moment(required=True)
    revision = fields.Integer(required=True)


class DeskCustomers(Representation):
    """A page of all customers, newest first."""

    items = fields.List(fields.Nested(DeskCustomer), required=True)
    next = fields.String(required=True, allow_none=True)


class Change(Representation):
    """One thing that would become another; money is in major units of `currency`."""

    object = fields.String(required=True, metadata={"example": EXAMPLE_ACCOUNT})
    what = fields.String(required=True, metadata={"example": "balance"})
    before = fields.String(required=True, metadata={"example": "100.00"})
    after = fields.String(required=True, metadata={"example": "40.00"})
    currency = fields.String(required=True, allow_none=True, metadata={"example": "USD"})


class AskedFor(fields.Dict):
    """What a proposal asks for, its money as in every answer."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            name: each.as_dict() if isinstance(each, Amount) else each
            for name, each in value.items()
        }


class Approval(Representation):
    """A proposal, what it would do, and what became of it; a `link` is shown once."""

    id = fields.String(attribute="approval.id", required=True)
    kind = fields.String(attribute="approval.kind", required=True, metadata={"example": "reversal"})
    subject = fields.String(attribute="approval.plan.subject", required=True)
    asked = AskedFor(required=True)
    effect = fields.List(fields.Nested(Change), attribute="approval.plan.effect", required=True)
    effect_hash = fields.String(attribute="approval.effect_hash", required=True)
    maker = fields.String(required=True, metadata={"example": "tess"})
    reason = fields.String(attribute="approval.reason", required=True)
    status = fields.String(
        attribute="approval.status", required=True, metadata={"example": "pending"}
    )
    created_at = Moment(attribute="approval.created_at", required=True)
    expires_at = Moment(attribute="approval.expires_at", required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = Moment(attribute="approval.decided_at", required=True, allow_none=True)
    decision_reason = fields.String(
        attribute="approval.decision_reason", required=True, allow_none=True
    )
    result = fields.String(attribute="approval.result", required=True, allow_none=True)
    link = fields.String(required=True, allow_none=True)


class Approvals(Representation):
    """A page of proposals, newest first."""

    items = fields.List(fields.Nested(Approval), required=True)
    next = fields.String(required=True, allow_none=True)


class Banker(Representation):
    """A banker and what that person may do now."""

    username = fields.String(attribute="user.username", required=True)
    roles = fields.Function(lambda banker: sorted(banker.roles), required=True)
    created_at = Moment(attribute="user.created_at", required=True)


class Bankers(Representation):
    """All bankers, oldest first; there are never many."""

    items = fields.List(fields.Nested(Banker), required=True)
    next = fields.String(required=True, allow_none=True, dump_default=None)


class Invitation(Representation):
    """An invitation to become a banker."""

    username = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    expires_at = Moment(required=True)
    code_needed = fields.Boolean(required=True)
    totp = fields.Nested(Enrolment, required=True)


class NewBanker(Representation):
    """A banker who has just accepted an invitation; the recovery codes are shown once."""

    username = fields.String(attribute="user.username", required=True)
    roles = fields.Function(lambda accepted: sorted(accepted.roles), required=True)
    recovery_codes = fields.List(fields.String(), required=True)


class PrintedMail(Representation):
    """A mail that was printed instead of sent."""

    id = fields.String(required=True)
    at = Moment(required=True)
    to = fields.String(required=True, attribute="letter.to")
    subject = fields.String(required=True, attribute="letter.subject")
    text = fields.String(required=True, attribute="letter.text")


class PrintedMails(Representation):
    """The last mails that were printed."""

    items = fields.List(fields.Nested(PrintedMail), required=True)
    next = fields.String(required=True, allow_none=True)


class DeskMail(Representation):
    """A mail of the bank, as a banker sees one: the address masked, no text."""

    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"example": "confirm address"})
    to = fields.Function(lambda mail: masked_email(mail.to), required=True)
    status = fields.String(required=True, metadata={"example": "given_up"})
    created_at = Moment(required=True)
    sent_at = Moment(required=True, allow_none=True)
    tries = fields.Integer(required=True, attribute="fence")
    error = fields.String(required=True, allow_none=True)


class DeskMails(Representation):
    """A page of the bank's mails, newest first."""

    items = fields.List(fields.Nested(DeskMail), required=True)
    next = fields.String(required=True, allow_none=True)


class AuditEvent(Representation):
    """Who did what to whom; `before` and `after` are hashes of the state around it."""

    id = fields.String(required=True)
    at = Moment(required=True)
    actor = fields.String(required=True, metadata={"example": "tess"})
    session = fields.String(required=True)
    on_behalf = fields.String(required=True)
    action = fields.String(required=True, metadata={"example": "account frozen"})
    object = fields.String(required=True)
    outcome = fields.String(required=True, metadata={"example": "done"})
    reason = fields.String(required=True)
    approval = fields.String(required=True)
    before = fields.String(required=True)
    after = fields.String(required=True)
    facts = fields.Dict(required=True)
    address = fields.String(required=True, metadata={"description": "A keyed hash."})
    request_id = fields.String(required=True)
    stream = fields.String(required=True, metadata={"example": "07"})
    seq = fields.Integer(required=True)
    hash = fields.String(required=True)


class AuditEvents(Representation):
    """A page of the audit, newest first."""

    items = fields.List(fields.Nested(AuditEvent), required=True)
    next = fields.String(required=True, allow_none=True)


class Finding(Representation):
    """A broken rule of the books, at one place; of the audit's rules, `account` is the stream."""

    rule = fields.String(required=True, metadata={"example": "hash"})
    account = _account_number(required=True)
    seq = fields.Integer(required=True)
    detail = fields.String(required=True)


class Verification(Representation):
    """The state of the books."""

    ok = fields.Boolean(required=True)
    full = fields.Boolean(required=True)
    accounts = fields.Integer(required=True)
    transactions = fields.Integer(required=True)
    lines = fields.Integer(required=True, metadata={"description": "Lines walked now."})
    events = fields.Integer(
        required=True, metadata={"description": "Events of the audit walked now."}
    )
    findings = fields.List(fields.Nested(Finding), required=True)
    checked_at = Moment(required=True)


class CurrencyTotals(Representation):
    """What all customers hold in a currency, and what came and went today."""

    deposits = AmountOfMoney(required=True)
    into = AmountOfMoney(data_key="in", required=True)
    out = AmountOfMoney(required=True)


class AccountCounts(Representation):
    """How many accounts there are, by status."""

    open = fields.Integer(required=True)
    frozen = fields.Integer(required=True)
    closed = fields.Integer(required=True)


class Summary(Representation):
    """The bank at a moment; "today" is the day in UTC."""

    as_of = Moment(required=True)
    customers = fields.Integer(required=True)
    new_customers = fields.Integer(required=True, metadata={"description": "Today."})
    accounts = fields.Nested(AccountCounts, required=True)
    currencies = fields.List(fields.Nested(CurrencyTotals), required=True)


class KindOfDay(Representation):
    """The transactions of one kind: how many, and how much changed its account."""

    kind = fields.String(required=True, metadata={"example": "deposit"})
    count = fields.Integer(required=True)
    moved = AmountOfMoney(required=True)


class Day(Representation):
    """A day in UTC: what customers' accounts gained and lost together, and held at its end."""

    day = fields.Date(attribute="first", required=True)
    into = AmountOfMoney(data_key="in", required=True)
    out = AmountOfMoney(required=True)
    balance = AmountOfMoney(required=True)
    new_customers = fields.Integer(required=True)
    kinds = fields.List(fields.Nested(KindOfDay), required=True)


class Series(Representation):
    """A currency day by day, oldest first; the last is today."""

    currency = fields.String(required=True, metadata={"example": "USD"})
    days = fields.List(fields.Nested(Day), required=True)


class Merchant(Representation):
    """A shop: `account` is credited, `return_urls` are where its customers may be sent back to."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    account = _account_number(required=True)
    currency = fields.String(required=True)
    status = fields.String(required=True, metadata={"example": "active"})
    return_urls = fields.List(fields.String(), required=True)
    direct_pin = fields.Boolean(required=True)
    created_at = Moment(required=True)


class Merchants(Representation):
    """A page of shops."""

    items = fields.List(fields.Nested(Merchant), required=True)
    next = fields.String(required=True, allow_none=True)


class Standing(Merchant):
    """A shop, and what the key is for that asks."""

    class Meta:
        exclude = ("created_at",)

    scopes = fields.List(fields.String(), required=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What the shop has under a name, or the call."""
        of = obj if attr == "scopes" else obj.merchant
        return super().get_attribute(of, attr, default)


class MerchantKey(Representation):
    """A key of a shop; its secret is not told again."""

    id = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    status = fields.String(required=True, metadata={"example": "live"})
    created_at = Moment(required=True)
    revoked_at = Moment(required=True, allow_none=True)


class MerchantKeys(Representation):
    """The keys of a shop, newest first."""

    items = fields.List(fields.Nested(MerchantKey), required=True)


class IssuedKey(Representation):
    """A new key, and the secret that calls are signed with: shown once."""

    key = fields.Nested(MerchantKey, required=True)
    secret = fields.String(required=True, metadata={"example": "sks_..."})


class MerchantInFull(Merchant):
    """A shop as bankers see it; `owner` is the user name of whose it is."""

    owner = fields.String(required=True, metadata={"example": "dana"})
    keys = fields.List(fields.Nested(MerchantKey), required=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What the shop has under a name, or the dossier."""
        of = obj if attr in ("owner", "keys") else obj.merchant
        return super().get_attribute(of, attr, default)


class Webhook(Representation):
    """Where a shop is told what becomes of its payments."""

    id = fields.String(required=True, metadata={"example": "we_Zk3vXw5cQeKf0uJq2mYp1A"})
    url = fields.String(required=True, metadata={"example": "https://shop.example.com/webhooks"})
    events = fields.List(fields.String(), required=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf(("active", "disabled")),
        metadata={"description": "Disabled by an answer 410."},
    )
    created_at = Moment(required=True)
    old_secrets_until = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "Until when the secret before the newest one signs as well."},
    )


class Webhooks(Representation):
    """A shop's webhooks, oldest first; there are never many."""

    items = fields.List(fields.Nested(Webhook), required=True)
    next = fields.String(required=True, allow_none=True, dump_default=None)


class NewWebhook(Webhook):
    """A webhook with its newest secret, which is told this once."""

    id = fields.String(attribute="endpoint.id", required=True)
    url = fields.String(attribute="endpoint.url", required=True)
    events = fields.List(fields.String(), attribute="endpoint.events", required=True)
    status = fields.String(attribute="endpoint.status", required=True)
    created_at = Moment(attribute="endpoint.created_at", required=True)
    old_secrets_until = Moment(
        attribute="endpoint.old_secrets_until", required=True, allow_none=True
    )
    secret = fields.String(required=True, metadata={"example": "whsec_..."})


class WebhookTry(Representation):
    """One try to deliver: the status that was answered, and why it failed, if it did."""

    at = Moment(required=True)
    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class WebhookDelivery(Representation):
    """What a shop was told at one address, or is to be, and what became of the last tries."""

    id = fields.String(required=True)
    event = fields.String(required=True, metadata={"description": "The webhook-id."})
    type = fields.String(required=True, metadata={"example": "payment.succeeded"})
    endpoint = fields.String(required=True)
    intent = fields.String(required=True)
    status = fields.String(required=True, metadata={"example": "delivered"})
    created_at = Moment(required=True)
    delivered_at = Moment(required=True, allow_none=True)
    next_at = Moment(
        required=True,
        allow_none=True,
        attribute="due_at",
        metadata={"description": "When it is tried next."},
    )
    tries = fields.List(fields.Nested(WebhookTry), required=True)


class WebhookDeliveries(Representation):
    """A page of deliveries, newest first."""

    items = fields.List(fields.Nested(WebhookDelivery), required=True)
    next = fields.String(required=True, allow_none=True)


class DeskWebhookDelivery(WebhookDelivery):
    """A delivery as a banker sees it."""

    merchant = fields.String(required=True)


class DeskWebhookDeliveries(Representation):
    """A page of all shops' deliveries, newest first."""

    items = fields.List(fields.Nested(DeskWebhookDelivery), required=True)
    next = fields.String(required=True, allow_none=True)


class Shop(Representation):
    """Who is paid."""

    id = fields.String(attribute="merchant", required=True)
    name = fields.String(required=True, metadata={"example": "Kabel & Co"})


class Capture(Representation):
    """A part of a payment that the shop has taken."""

    id = fields.String(required=True)
    amount = AmountOfMoney(required=True)
    at = Moment(required=True)


class Refund(Capture):
    """A part of a payment that the shop has given back."""

    reason = fields.String(required=True, allow_none=True)


class PaymentIntent(Representation):
    """A payment that a shop has asked for, and what became of it; `payer` is a masked name."""

    id = fields.String(attribute="intent.id", required=True)
    merchant = fields.Nested(Shop, attribute="intent", required=True)
    order = fields.String(attribute="intent.order", required=True, metadata={"example": "A-1001"})
    description = fields.String(attribute="intent.description", required=True)
    amount = AmountOfMoney(attribute="intent.amount", required=True)
    captured = AmountOfMoney(attribute="intent.captured", required=True)
    refunded = AmountOfMoney(attribute="intent.refunded", required=True)
    held = AmountOfMoney(attribute="intent.held", required=True)
    status = fields.String(
        attribute="intent.status", required=True, metadata={"example": "requires_customer"}
    )
    capture = fields.String(
        attribute="intent.capture", required=True, metadata={"example": "automatic"}
    )
    pay_url = fields.String(required=True)
    return_url = fields.String(attribute="intent.return_url", required=True)
    created_at = Moment(attribute="intent.created_at", required=True)
    expires_at = Moment(attribute="intent.expires_at", required=True)
    held_until = Moment(attribute="intent.held_until", required=True, allow_none=True)
    paid_at = Moment(attribute="intent.paid_at", required=True, allow_none=True)
    payer = fields.String(required=True, allow_none=True, metadata={"example": "D••• S••••"})
    reason = fields.String(attribute="intent.reason", required=True, allow_none=True)
    captures = fields.List(fields.Nested(Capture), required=True)
    refunds = fields.List(fields.Nested(Refund), required=True)


class PaymentIntents(Representation):
    """A page of a shop's payments, newest first."""

    items = fields.List(fields.Nested(PaymentIntent), required=True)
    next = fields.String(required=True, allow_none=True)


class CaptureMade(Representation):
    """A capture, and the payment as it is now."""

    capture = fields.Nested(Capture, required=True)
    intent = fields.Nested(PaymentIntent, required=True)


class RefundMade(Representation):
    """A refund, and the payment as it is now."""

    refund = fields.Nested(Refund, required=True)
    intent = fields.Nested(PaymentIntent, required=True)


class Health(Representation):
    """Whether the bank is alive, or ready."""

    status = fields.String(required=True, metadata={"example": "ok"})


class FieldError(Representation):
    """A wrong field of a request."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class Problem(Representation):
    """RFC 9457. The figures of a refused rule (available, limit, used ...) are further members."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"example": "/problems/insufficient-funds"})
    title = fields.String(required=True)
    status = fields.Integer(required=True, metadata={"example": 422})
    detail = fields.String()
    instance = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldError))


class ProblemType(Representation):
    """What a problem's `type` address tells."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    description = fields.String(required=True)


def masked_email(email: str | None) -> str | None:
    """d***@e***.com: enough to recognise, too little to use."""
    if not email:
        return None
    local, _, domain = email.partition("@")
    host, _, suffix = domain.rpartition(".")
    return f"{local[:1]}***@{host[:1]}***.{suffix}"


def masked_phone(phone: str | None) -> str | None:
    """The last two digits."""
    return f"{'*' * (len(phone) - 2)}{phone[-2:]}" if phone else None

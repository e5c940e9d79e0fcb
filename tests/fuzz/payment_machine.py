"""A machine that lets a customer pay a shop, the shop capture, give back and cancel, the bank
freeze and time pass, at random, and compares each answer and every figure with a model.

Each run has a customer and a shop of its own. Two banks on one database take turns, so that what
one remembers is old. After the run the books are verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.controllers.bank import Bank
from app.controllers.books import verify_books
from app.controllers.orders import CancelIntent, CaptureOrder, IntentsQuery, RefundOrder
from app.controllers.payments import capturing, intents, refunds
from app.controllers.payments.expiry import Expiry
from app.errors import BankError
from app.models.accounts import change_status, get_account
from app.models.intent import Intent
from app.models.payment_intents import get_intent
from tests import make
from tests.conftest import Clock
from tests.fuzz.payment_model import Payment, Street
from tests.paying import pay

START = 12_000
RECORDED = frozenset({"AccountFrozen", "InsufficientFunds"})
"""Refusals of the books: they stay the answer under their key."""

ANY = st.integers(0, 99)
SIZE = st.tuples(st.sampled_from(("some", "some", "some", "all", "more")), ANY)
PASSING = st.sampled_from((timedelta(seconds=20), timedelta(minutes=15), timedelta(days=4)))


class Divergence(Exception):
    """The bank and its model do not say the same."""


@dataclass
class World:
    """Two banks on one database, their clock, and what was counted."""

    banks: tuple[Bank, Bank]
    clock: Clock
    model: type[Street] = Street
    counted: Counter[str] = field(default_factory=Counter)


@dataclass
class Sent:
    """A capture or refund that was sent under a key, and what came of it."""

    what: str
    id: str
    minor: int
    final: bool
    key: str
    refusal: str
    part: str


class PaymentMachine(RuleBasedStateMachine):
    """One customer at one shop."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        bank = self.world.banks[0]
        self.payer = make.account(bank, balance=START)
        self.shop = make.merchant(bank)
        self.till = make.seller(self.shop)
        self.model = self.world.model(START)
        self.sent: list[Sent] = []
        self.asked: dict[str, Intent] = {}
        self.done: Counter[str] = Counter()
        self.turn = 0

    @property
    def bank(self) -> Bank:
        """The bank whose turn it is."""
        self.turn += 1
        return self.world.banks[self.turn % 2]

    def answer(self, act: Callable[[], Any]) -> tuple[Any, str]:
        """What comes of an act, or the name of its refusal."""
        try:
            return act(), ""
        except BankError as refusal:
            return None, type(refusal).__name__

    def same(self, found: object, expected: object, what: str) -> None:
        """What the bank says is what the model says."""
        self.world.counted[f"{what} {expected}" if isinstance(expected, str) else what] += 1
        if found != expected:
            raise Divergence(f"{what}: the bank says {found}, the model {expected}")

    def payment(self, which: int, status: str) -> tuple[str, Payment]:
        """One of the payments, mostly one in that status."""
        every = self.model.payments
        fitting = [id for id, payment in every.items() if payment.status == status]
        ids = fitting if fitting and which < 85 else list(every)
        return ids[which % len(ids)], every[ids[which % len(ids)]]

    @rule(minor=st.integers(1, 9_000), manual=st.booleans(), seconds=st.sampled_from((60, 900)))
    def ask(self, minor: int, manual: bool, seconds: int) -> None:
        """The shop asks for a payment."""
        capture = "manual" if manual else "automatic"
        amount = str(Decimal(minor).scaleb(-2))
        made = make.intent(self.bank, self.shop, amount, capture=capture, expires_in=seconds)
        self.model.payments[made.id] = Payment(minor, manual, made.expires_at)
        self.asked[made.id] = made

    @rule(minor=st.integers(1, 7_000), manual=st.sampled_from((True, True, False)))
    def buy(self, minor: int, manual: bool) -> None:
        """The shop asks for a payment, and the customer pays at once."""
        self.ask(minor, manual, 900)
        id = next(reversed(self.model.payments))
        self.pay(id, get_intent(self.bank.database, id))

    @precondition(lambda self: self.model.payments)
    @rule(which=ANY, stale=st.booleans())
    def confirm(self, which: int, stale: bool) -> None:
        """The customer pays, at times what was read before something else happened."""
        id, _ = self.payment(which, "requires_customer")
        read = self.asked[id] if stale else get_intent(self.bank.database, id)
        if read.status == "requires_customer":
            self.pay(id, read)

    def pay(self, id: str, read: Intent) -> None:
        """The customer confirms the payment as it was read."""
        bank, now, payment = self.bank, self.world.clock(), self.model.payments[id]
        _, refusal = self.answer(lambda: pay(bank, read, self.payer))
        self.same(refusal, self.model.confirm(payment, now), "confirm")
        if not refusal and payment.manual:
            # The model need not know to the millisecond when it was.
            payment.held_until = get_intent(bank.database, id).held_until

    @precondition(lambda self: self.model.payments)
    @rule(which=ANY, size=SIZE, final=st.booleans())
    def capture(self, which: int, size: tuple[str, int], final: bool) -> None:
        """The shop captures."""
        id, payment = self.payment(which, "requires_capture")
        self.send("capture", id, _minor(payment.held, size), final, uuid4().hex)

    @precondition(lambda self: self.model.payments)
    @rule(which=ANY, size=SIZE)
    def refund(self, which: int, size: tuple[str, int]) -> None:
        """The shop gives back."""
        id, payment = self.payment(which, "succeeded")
        left = payment.captured - payment.refunded
        self.send("refund", id, _minor(left, size), False, uuid4().hex)

    @precondition(lambda self: self.sent)
    @rule(which=ANY)
    def repeat(self, which: int) -> None:
        """The same again under the same key."""
        before = self.sent[-1 - which % min(len(self.sent), 8)]
        if before.part or before.refusal in RECORDED:
            self.model.payments[before.id].end(self.world.clock())
            made, refusal = self.answer(lambda: self.move(before))
            self.same(refusal, before.refusal, "repeat")
            if made and made.part.id != before.part:
                raise Divergence(f"the bank says {made.part.id}, not {before.part}")
        else:
            self.sent.remove(before)
            self.send(before.what, before.id, before.minor, before.final, before.key)

    @precondition(lambda self: self.sent)
    @rule(which=ANY)
    def mix_up(self, which: int) -> None:
        """Another amount under a key that was used."""
        before = self.sent[which % len(self.sent)]
        if before.part or before.refusal in RECORDED:
            self.model.payments[before.id].end(self.world.clock())
            other = Sent(before.what, before.id, before.minor + 1, before.final, before.key, "", "")
            self.same(self.answer(lambda: self.move(other))[1], "KeyReused", "mix up")

    def send(self, what: str, id: str, minor: int, final: bool, key: str) -> None:
        """A capture or a refund, as the model expects it."""
        now, payment = self.world.clock(), self.model.payments[id]
        sent = Sent(what, id, minor, final, key, "", "")
        made, sent.refusal = self.answer(lambda: self.move(sent))
        expected = (
            self.model.capture(payment, minor, final, now)
            if what == "capture"
            else self.model.refund(payment, minor, now)
        )
        self.same(sent.refusal, expected, what)
        sent.part = made.part.id if made else ""
        self.sent.append(sent)

    def move(self, sent: Sent) -> Any:
        """The shop's call."""
        amount = Decimal(sent.minor).scaleb(-2)
        if sent.what == "capture":
            order = CaptureOrder(amount, sent.final)
            return capturing.capture(self.bank, self.till, sent.id, order, sent.key)
        given = RefundOrder(amount, "requested_by_customer")
        return refunds.refund(self.bank, self.till, sent.id, given, sent.key)

    @precondition(lambda self: self.model.payments and self.done["cancels"] < 5)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        """The shop cancels."""
        self.done["cancels"] += 1
        id, payment = self.payment(which, "requires_capture" if which % 2 else "requires_customer")
        now, bank = self.world.clock(), self.bank
        act = lambda: intents.cancel(bank, self.till, id, CancelIntent(None))  # noqa: E731
        self.same(self.answer(act)[1], self.model.cancel(payment, now), "cancel")

    @precondition(lambda self: self.model.payments and self.done["freezes"] < 3)
    @rule(which=ANY, size=SIZE)
    def freeze(self, which: int, size: tuple[str, int]) -> None:
        """The bank freezes the customer's account for a while, in which all is tried."""
        self.done["freezes"] += 1
        self.let_be("frozen")
        self.capture(which, size, final=which % 2 == 0)
        self.confirm(which, stale=False)
        self.refund(which, size)
        self.let_be("open")

    def let_be(self, status: str) -> None:
        """The customer's account becomes frozen, or open."""
        self.model.frozen = status == "frozen"
        database = self.bank.database
        assert change_status(database, get_account(database, self.payer.number), status)

    @precondition(lambda self: self.done["spans"] < 4)
    @rule(span=PASSING)
    def time_passes(self, span: timedelta) -> None:
        """Payments and holds come to their end."""
        self.done["spans"] += 1
        self.world.clock.offset += span

    @precondition(lambda self: self.done["sweeps"] < self.done["spans"])
    @rule()
    def sweep(self) -> None:
        """What is over is written down."""
        self.done["sweeps"] += 1
        now = self.world.clock()
        over = sum(payment.over(now) for payment in self.model.payments.values())
        self.same(Expiry(self.bank).sweep(), over, "sweep")
        for payment in self.model.payments.values():
            payment.end(now)

    @precondition(lambda self: self.model.shop)
    @rule(which=ANY)
    def shop_spends(self, which: int) -> None:
        """The shop takes some of its money out."""
        minor = 1 + which * self.model.shop // 100
        account = get_account(self.bank.database, self.shop.account)
        self.bank.ledger.post(make.withdrawal(account, min(minor, self.model.shop)))
        self.model.shop -= min(minor, self.model.shop)

    @invariant()
    def every_figure_is_the_models(self) -> None:
        """Accounts and payments."""
        database, now = self.world.banks[0].database, self.world.clock()
        payer, shop = (
            get_account(database, number) for number in (self.payer.number, self.shop.account)
        )
        found = (payer.balance_minor, payer.held_minor, shop.balance_minor)
        self.same(found, (self.model.balance, self.model.held, self.model.shop), "accounts")
        query = IntentsQuery(None, None, 100, None)
        for read in intents.list_intents(self.world.banks[0], self.till, query, None).items:
            figures = (read.status, read.held_minor, read.captured_minor, read.refunded_minor)
            self.same(figures, self.model.payments[read.id].seen(now), "payment")

    def teardown(self) -> None:
        """In the end nothing is held, nothing waits, and the books prove themselves."""
        self.world.clock.forward(days=8)
        Expiry(self.bank).sweep()
        if get_account(self.bank.database, self.payer.number).held_minor:
            raise Divergence("the bank says that something is held for ever")
        if findings := verify_books(self.world.banks[0], full=True).findings:
            raise Divergence(str(findings))


def _minor(whole: int, size: tuple[str, int]) -> int:
    """An amount of about that size, of what there is."""
    how, part = size
    some = 1 + whole * part // 101
    return {"all": whole or 1, "more": whole + 1}.get(how, some)

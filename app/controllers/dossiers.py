"""What a banker is shown of one account, customer or transaction, with what stands around it, and
what this banker may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.controllers import audits, desk, factors, pins, statements
from app.controllers.approvals import KINDS, check_acts
from app.controllers.approvals.kinds import MONEY_PEOPLE
from app.controllers.bank import Actor, Bank, limits_of
from app.controllers.names import usernames
from app.controllers.orders import HistoryQuery, Reason
from app.controllers.statements import HistoryPage
from app.models import accounts, reversals, sessions, users
from app.models.accounts import Account
from app.models.reversals import Reversible
from app.models.transactions import IRREVERSIBLE, Transaction, get_transaction
from app.models.users import User
from money import Money

__all__ = [
    "AccountDossier", "CustomerDossier", "TransactionDossier", "of_account", "of_customer",
    "of_transaction", "reveal",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountDossier:
    """An account; `lower_limit` is what holds each day instead of its limits, where it does, and
    `offers` what the banker may do or propose now."""

    account: Account
    daily_deposits: Money | None
    daily_spending: Money | None
    lower_limit: Money | None
    pin: pins.State
    offers: frozenset[str]


@dataclass(frozen=True, slots=True)
class CustomerDossier:
    """A customer; `methods` are the second factors as `factors.methods_of` names them."""

    user: User
    accounts: list[Account]
    methods: tuple[str, ...]
    sessions: int
    offers: frozenset[str]


@dataclass(frozen=True, slots=True)
class TransactionDossier:
    """A transaction, what was taken back of it, and the user names of who made all that."""

    transaction: Transaction
    reversals: list[Transaction]
    left: Money
    names: Mapping[str, str]
    offers: frozenset[str]

    @property
    def actor(self) -> str:
        """Who made it."""
        return self.names.get(self.transaction.actor, self.transaction.actor)

    @property
    def amount(self) -> Money:
        """What moved."""
        return self.moved(self.transaction)

    def moved(self, made: Transaction) -> Money:
        """What it or one of its reversals moved."""
        return made.money(max(reversals.lines_of(made).values()))

    @property
    def in_parts(self) -> bool:
        """Whether a part of it can be taken back."""
        return len(self.transaction.entries) + len(self.transaction.contra) == 2


def of_account(bank: Bank, actor: Actor, number: str) -> AccountDossier:
    """Any customer's account. Raises AccountNotFound."""
    account = desk.one_account(bank, number)
    # A currency that the bank keeps no longer has no usual limits.
    usual = limits_of(bank.config).get(account.currency)
    pin = pins.pin_state(bank, account.number)
    lowered = account.lowered_until is not None and bank.now() < account.lowered_until
    return AccountDossier(
        account,
        account.daily_deposits or (usual.daily_deposits if usual else None),
        account.daily_spending or (usual.daily_spending if usual else None),
        usual.unconfirmed if usual and (account.unconfirmed or lowered) else None,
        pin,
        _account_offers(actor, account, pin),
    )


def history(
    bank: Bank, dossier: AccountDossier, query: HistoryQuery, below: int | None
) -> HistoryPage:
    """A page of the account's transactions, newest first."""
    return statements.account_history(bank, dossier.account, query, below)


def of_customer(bank: Bank, actor: Actor, id: str) -> CustomerDossier:
    """One customer, and that the actor has looked. Raises CustomerNotFound."""
    return _customer(bank, actor, desk.one_customer(bank, actor, id))


def reveal(bank: Bank, actor: Actor, id: str, order: Reason) -> CustomerDossier:
    """One customer with what is masked otherwise, for a reason that the audit keeps.

    Raises CustomerNotFound, RoleMissing.
    """
    check_acts(actor)
    user = users.get_customer(bank.database, id)
    audits.keep(bank, audits.event(bank, actor, "customer revealed", id, reason=order.reason))
    return _customer(bank, actor, user)


def of_transaction(bank: Bank, actor: Actor, id: str) -> TransactionDossier:
    """Any transaction. Raises TransactionNotFound."""
    made = get_transaction(bank.database, id)
    taken_back = reversals.reversals_of(bank.database, id)
    reversible = Reversible(made, 0, reversals.lines_of(made))
    for each in taken_back:
        reversible = reversals.without(reversible, reversals.lines_of(each))
    left = Money(0 if made.kind in IRREVERSIBLE else reversible.left_minor, made.currency)
    names = usernames(bank, {each.actor for each in (made, *taken_back)})
    offered = left.minor and _proposes(actor, "reversal")
    return TransactionDossier(
        made, taken_back, left, names, frozenset({"reversal"} if offered else ())
    )


def _customer(bank: Bank, actor: Actor, user: User) -> CustomerDossier:
    methods = factors.methods_of(bank, user)
    return CustomerDossier(
        user,
        accounts.accounts_of(bank.database, user.id),
        methods,
        len(sessions.sessions_of(bank.database, user.id, bank.now())),
        _customer_offers(actor, user, methods),
    )


def _account_offers(actor: Actor, account: Account, pin: pins.State) -> frozenset[str]:
    if account.status == "closed":
        return frozenset()
    empty = not account.balance_minor and not account.held_minor
    possible = {
        "freeze": _acts(actor) and account.status == "open",
        "close": _acts(actor) and empty,
        "limits": _acts(actor),
        "unfreeze": _proposes(actor, "unfreeze") and account.status == "frozen",
        "reset_pin": _proposes(actor, "reset_pin") and pin != "none",
        "adjustment": _proposes(actor, "adjustment"),
    }
    return frozenset(name for name, so in possible.items() if so)


def _customer_offers(actor: Actor, user: User, methods: tuple[str, ...]) -> frozenset[str]:
    possible = {
        "reveal": _acts(actor),
        "freeze": _acts(actor) and user.status == "active",
        "unfreeze_customer": _proposes(actor, "unfreeze_customer") and user.status == "frozen",
        "reset_factor": _proposes(actor, "reset_factor") and "totp" in methods,
    }
    return frozenset(name for name, so in possible.items() if so)


def _acts(actor: Actor) -> bool:
    return not actor.roles.isdisjoint(MONEY_PEOPLE)


def _proposes(actor: Actor, kind: str) -> bool:
    return KINDS[kind].proposes in actor.roles

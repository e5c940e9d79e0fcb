"""Every way things go wrong in the bank, and nothing else.

    BankError
    ├── Unauthenticated        who are you?                  401
    │   ├── WrongCredentials
    │   ├── InvalidToken
    │   ├── InvalidRefreshToken
    │   └── InvalidSignature
    ├── Forbidden              you may not                   403
    │   ├── NotACustomer, NotABanker, RoleMissing, OwnProposal
    │   ├── SecondFactorNeeded, NoSecondFactor
    │   ├── CustomerFrozen, ScopeMissing, ShopNotActive
    │   └── ForgedForm
    ├── NotFound               no such thing, or not yours   404
    │   ├── AccountNotFound, TransactionNotFound, CustomerNotFound, SessionNotFound
    │   ├── ApprovalNotFound, BankerNotFound, InvitationNotFound, StatementNotFound, MailNotFound
    │   ├── MerchantNotFound, MerchantKeyNotFound, IntentNotFound, WebhookNotFound
    ├── Conflict               not in the state it is in     409
    │   ├── UsernameTaken, AddressTaken, AccountFrozen, AccountClosed, AccountNotEmpty
    │   ├── AlreadyInState, AlreadyClaimed, AlreadyReversed, AlreadyBootstrapped, Overtaken
    │   ├── NoAuthenticator, NoPin, NotReversible, AlreadyDecided, StateDrifted, TooFewAdmins
    │   ├── MailForgotten, OrderTaken, WrongState, TooManyKeys
    │   ├── WebhookDisabled, TooManyWebhooks, TooManySecrets
    ├── Outdated               edited by another meanwhile   412
    ├── Refused                a rule of the bank says no    422
    │   ├── InsufficientFunds, PostingLimitExceeded, DailyLimitExceeded, BalanceLimitExceeded
    │   ├── KeyReused, CurrencyMismatch, SameAccount, TooManyAccounts, InvalidFields
    │   ├── InvalidCode
    │   │   └── InvalidProof
    │   ├── ReversalTooLarge, CaptureTooLarge, RefundTooLarge, PaymentRefused
    │   └── InvalidField
    │       └── WeakPassword, WeakPin
    ├── Throttled              too often                     429
    │   └── TooManyTries, TooManyRequests
    └── Unavailable            try again                     503
        └── Overloaded

The class docstring is the title, the class name in kebab case the problem's type, and the keyword
facts become members of the problem. Statuses stand in `views/problems.py` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from money import Money


class BankError(Exception):
    """Something went wrong in the bank."""

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.title())
        self.detail = detail
        self.facts = {name: _plain(value) for name, value in facts.items()}
        self.replayed = False

    @classmethod
    def title(cls) -> str:
        """What happened, in a few words that never change."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def slug(cls) -> str:
        """The class name in kebab case: insufficient-funds."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


def _plain(value: object) -> object:
    """A fact as JSON and MongoDB can both keep it."""
    if isinstance(value, Money):
        return value.as_dict()
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


class Unauthenticated(BankError):
    """Who is asking is not known."""


class WrongCredentials(Unauthenticated):
    """The user name, the password or the code is wrong."""


class InvalidToken(Unauthenticated):
    """The access token is missing, expired or no longer valid."""

    def __init__(self, detail: str = "log in again, or refresh the token", **facts: object) -> None:
        # Whatever is wrong with a token, the answer must not differ.
        super().__init__(detail, **facts)


class InvalidRefreshToken(Unauthenticated):
    """The refresh token is not valid; log in again."""


class InvalidSignature(Unauthenticated):
    """The signature of the call is not valid."""


class Forbidden(BankError):
    """This is not allowed."""


class NotACustomer(Forbidden):
    """Only customers of the bank may do this."""


class NotABanker(Forbidden):
    """Only bankers may do this."""


class RoleMissing(Forbidden):
    """This needs a role that the banker does not have."""


class SecondFactorNeeded(Forbidden):
    """This needs a code of the second factor."""


class NoSecondFactor(Forbidden):
    """This needs a second factor, and there is none yet."""


class OwnProposal(Forbidden):
    """Another person than the one who proposed it, or who gains by it, must decide."""


class CustomerFrozen(Forbidden):
    """The customer is frozen; the bank has to lift it."""


class ScopeMissing(Forbidden):
    """The key is not for this."""


class ShopNotActive(Forbidden):
    """The shop is paused or closed at the bank."""


class ForgedForm(Forbidden):
    """The form did not come from a page of the bank, or the page was too old."""


class NotFound(BankError):
    """There is no such thing."""


class AccountNotFound(NotFound):
    """There is no such account."""


class TransactionNotFound(NotFound):
    """There is no such transaction."""


class CustomerNotFound(NotFound):
    """There is no such customer."""


class SessionNotFound(NotFound):
    """There is no such session."""


class ApprovalNotFound(NotFound):
    """There is no such proposal."""


class BankerNotFound(NotFound):
    """There is no such banker."""


class InvitationNotFound(NotFound):
    """There is no such invitation: it was used, is too old, or never was."""


class StatementNotFound(NotFound):
    """There is no such statement."""


class MailNotFound(NotFound):
    """There is no such mail."""


class MerchantNotFound(NotFound):
    """There is no such merchant."""


class MerchantKeyNotFound(NotFound):
    """There is no such key."""


class IntentNotFound(NotFound):
    """There is no such payment."""


class WebhookNotFound(NotFound):
    """There is no such webhook."""


class Conflict(BankError):
    """The state of things does not allow this now."""


class UsernameTaken(Conflict):
    """The user name is taken."""


class AddressTaken(Conflict):
    """Somebody has confirmed this e-mail address meanwhile."""


class AccountFrozen(Conflict):
    """The account is frozen: it may receive money but not send any."""


class AccountClosed(Conflict):
    """The account is closed."""


class AccountNotEmpty(Conflict):
    """Only an account with a balance of zero and nothing held can be closed."""


class AlreadyInState(Conflict):
    """It is in that state already."""


class AlreadyClaimed(Conflict):
    """What this posting depends on is no longer in the state it needs."""


class Overtaken(Conflict):
    """Somebody else changed it at the same moment."""


class AlreadyReversed(Conflict):
    """The transaction has been reversed already."""


class NotReversible(Conflict):
    """A transaction of this kind cannot be reversed."""


class AlreadyDecided(Conflict):
    """The proposal was decided, or its time is over."""


class StateDrifted(Conflict):
    """What was shown is no longer so; propose it anew."""


class TooFewAdmins(Conflict):
    """Two admins must remain, or nobody could make another one."""


class AlreadyBootstrapped(Conflict):
    """The bank has its first bankers already."""


class NoPin(Conflict):
    """The account has no PIN."""


class MailForgotten(Conflict):
    """The text of the mail is not kept any more."""


class NoAuthenticator(Conflict):
    """There is no authenticator app."""


class OrderTaken(Conflict):
    """There is a payment for this order already."""


class WrongState(Conflict):
    """The payment is not in a state that allows this."""


class TooManyKeys(Conflict):
    """The shop has as many live keys as one may have."""


class WebhookDisabled(Conflict):
    """The webhook's address takes nothing any more."""


class TooManyWebhooks(Conflict):
    """The shop has as many webhooks as one may have."""


class TooManySecrets(Conflict):
    """The webhook has as many secrets that still sign as one may have."""


class Outdated(BankError):
    """Somebody else changed it meanwhile; read it again and decide anew."""


class Refused(BankError):
    """A rule of the bank does not allow this."""


class InsufficientFunds(Refused):
    """The account does not hold enough money."""


class PostingLimitExceeded(Refused):
    """The amount is above the limit for one posting."""


class DailyLimitExceeded(Refused):
    """The amount is above what is left of today's limit."""


class BalanceLimitExceeded(Refused):
    """The account cannot hold that much money."""


class KeyReused(Refused):
    """The idempotency key was used before for another request."""


class CurrencyMismatch(Refused):
    """The accounts keep different currencies."""


class SameAccount(Refused):
    """Money cannot be sent to the account it comes from."""


class TooManyAccounts(Refused):
    """The customer has as many accounts as one may have."""


class InvalidCode(Refused):
    """The code is wrong, was used, or is too old."""


class InvalidProof(InvalidCode):
    """The password or the code is wrong."""


class ReversalTooLarge(Refused):
    """More cannot be taken back than was moved."""


class CaptureTooLarge(Refused):
    """More cannot be captured than is held."""


class RefundTooLarge(Refused):
    """More cannot be refunded than was paid."""


class PaymentRefused(Refused):
    """The payment was refused."""


class InvalidField(Refused):
    """A field has a value the bank cannot use."""

    def __init__(self, detail: str = "", *, field: str = "", **facts: object) -> None:
        errors = [{"field": field, "message": detail}]
        super().__init__(detail, **{"errors": errors, **facts, "field": field})


class WeakPassword(InvalidField):
    """The password is too easy to guess."""


class WeakPin(InvalidField):
    """The PIN is too easy to guess."""


class InvalidFields(Refused):
    """Some fields are wrong."""

    @classmethod
    def of(cls, *wrong: tuple[str, str]) -> InvalidFields:
        """Pairs of a field's name and what would be right, never the value itself."""
        errors = [{"field": field[:100], "message": message} for field, message in wrong]
        return cls("See `errors` for each field.", errors=errors)


class Throttled(BankError):
    """This was asked too often; ask again later.

    `retry_after` is in seconds.
    """

    def __init__(self, detail: str = "", *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyTries(Throttled):
    """There were too many wrong tries; wait for a while."""


class TooManyRequests(Throttled):
    """There were too many requests; wait for a while."""


class Unavailable(BankError):
    """The bank cannot answer now; ask again.

    `outcome` says what is certain: "not_applied" or "unknown" (then ask again with the same
    Idempotency-Key). `retry_after` is in seconds.
    """

    def __init__(
        self, detail: str = "", *, outcome: str = "not_applied", retry_after: int = 1
    ) -> None:
        super().__init__(detail, outcome=outcome)
        self.retry_after = retry_after


class Overloaded(Unavailable):
    """The bank is busy; ask again in a moment."""


def leaves(kind: type[BankError] = BankError) -> list[type[BankError]]:
    """Every error class below `kind`, depth first."""
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return [kind, *below]


def recall(slug: str, detail: str, facts: Mapping[str, Any]) -> BankError:
    """The refusal recorded under an idempotency key, as the error it was."""
    error = _by_slug()[slug](detail, **facts)
    error.replayed = True
    return error


@cache
def _by_slug() -> dict[str, type[BankError]]:
    return {kind.slug(): kind for kind in leaves()}

"""What pages say when the bank refuses something, in the visitor's language, beside its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from app.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AddressTaken,
    AlreadyDecided,
    BankError,
    CurrencyMismatch,
    DailyLimitExceeded,
    InsufficientFunds,
    InvalidCode,
    InvalidField,
    InvalidFields,
    InvalidProof,
    NoSecondFactor,
    Outdated,
    OwnProposal,
    PaymentRefused,
    PostingLimitExceeded,
    RoleMissing,
    SameAccount,
    SecondFactorNeeded,
    StateDrifted,
    Throttled,
    TooManyAccounts,
    Unavailable,
    UsernameTaken,
    WrongCredentials,
)
from app.views.formats import money
from app.views.languages import _, language, lazy
from money import Money

_FIELDS: dict[type[BankError], str] = {
    InsufficientFunds: "amount",
    PostingLimitExceeded: "amount",
    DailyLimitExceeded: "amount",
    CurrencyMismatch: "to",
    SameAccount: "to",
    AccountNotFound: "to",
    UsernameTaken: "username",
    AddressTaken: "email",
    InvalidProof: "",
    InvalidCode: "code",
    SecondFactorNeeded: "code",
}
"""The field that is to blame, where the form has it."""

_SAID: dict[type[BankError], Any] = {
    InsufficientFunds: lazy("There is not enough money: %(available)s are available."),
    DailyLimitExceeded: lazy(
        "At most %(remaining)s more can be moved today; tomorrow there is room again."
    ),
    PostingLimitExceeded: lazy("At most %(limit)s can be moved at once."),
    AccountFrozen: lazy("This account is frozen. Please ask the bank."),
    AccountClosed: lazy("This account is closed; choose another one."),
    CurrencyMismatch: lazy(
        "This account keeps %(currency)s. Pay from an account of yours that keeps it, too."
    ),
    TooManyAccounts: lazy("You have %(limit)s accounts, and nobody may have more."),
    AccountNotFound: lazy("There is no such account; check its number."),
    PaymentRefused: lazy(
        "The payment was refused. Check the account number and the PIN; tries left: %(tries_left)s."
    ),
    SameAccount: lazy("This is the account that the money comes from; choose another one."),
    UsernameTaken: lazy("Somebody is called so already; choose another name."),
    Outdated: lazy("Somebody changed this meanwhile. Look at it as it is now, and decide anew."),
    InvalidProof: lazy("The password or the code is not right."),
    SecondFactorNeeded: lazy("A code is needed for this: type it here."),
    OwnProposal: lazy("Another banker has to decide this: nobody decides what they proposed."),
    RoleMissing: lazy("This needs a role that you do not have."),
    AlreadyDecided: lazy("It was decided meanwhile, or its time is over."),
    StateDrifted: lazy("It was not done: what was shown is no longer so."),
    NoSecondFactor: lazy(
        "This needs a second factor: confirm your e-mail address, or set up an authenticator app."
    ),
    InvalidCode: lazy("This code is not right, or too old. Type the newest one."),
    WrongCredentials: lazy("The user name or the password is not right."),
}
"""Sentences of our own; any other error is told by its title and its advice."""


_WITH_FIGURES = [
    (re.compile(shape), said)
    for shape, said in (
        (r"Longer than maximum length (?P<most>\d+)\.", lazy("At most %(most)s characters.")),
        (r"Shorter than minimum length (?P<least>\d+)\.", lazy("At least %(least)s characters.")),
        (
            r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.",
            lazy("From %(least)s to %(most)s characters."),
        ),
        (r"Must be one of: (?P<these>.+)\.", lazy("One of these: %(these)s.")),
        (
            r"This account keeps (?P<has>[A-Z]{3}); pay from one that keeps (?P<wanted>[A-Z]{3})\.",
            lazy("This account keeps %(has)s; pay from one that keeps %(wanted)s."),
        ),
        (
            r"(?P<currency>[A-Z]{3}) has (?P<places>\d) decimals; round the amount to them\.",
            lazy("%(currency)s has %(places)s decimals; round the amount to them."),
        ),
    )
]
"""What libraries and the money say of a field, with the figures in it."""


def explain(error: BankError, values: Mapping[str, str]) -> tuple[str, dict[str, list[str]]]:
    """What to say of all of a form, and of each of its fields."""
    if isinstance(error, InvalidFields | InvalidField) and error.facts.get("errors"):
        return _of_fields(error)
    text = say(error)
    field = next((_FIELDS[kind] for kind in type(error).__mro__ if kind in _FIELDS), "")
    if field and field in values:
        return "", {field: [text]}
    return text, {}


def say(error: BankError) -> str:
    """What happened and what would succeed, in one or two sentences."""
    if isinstance(error, Unavailable):
        return _unavailable(error)
    if isinstance(error, Throttled):
        return _("Too many tries. Please wait %(seconds)s seconds.", seconds=error.retry_after)
    if said := next((_SAID[kind] for kind in type(error).__mro__ if kind in _SAID), None):
        with suppress(KeyError):
            return str(said) % {name: _fact(each) for name, each in error.facts.items()}
    title = _(error.title())
    # The advice is written where it happens, in the words of the API.
    return f"{title} {sentence(error.detail)}".strip() if language() == "en" else title


def _of_fields(error: BankError) -> tuple[str, dict[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for each in error.facts["errors"]:  # type: ignore[attr-defined]
        # Of a list, the whole of it is one field of a form.
        of, text = each["field"].partition(".")[0], _of_field(sentence(each["message"]))
        if text not in found.setdefault(of, []):
            found[of].append(text)
    return _("Please look at the fields that are marked."), found


def _of_field(message: str) -> str:
    """What would be right in a field; some messages carry figures."""
    for shape, said in _WITH_FIGURES:
        if match := shape.fullmatch(message):
            return str(said) % match.groupdict()
    return _(message)


def _unavailable(error: Unavailable) -> str:
    if error.facts.get("outcome") == "unknown":
        return _(
            "The bank did not answer in time, and nobody knows yet whether it was done. Send it "
            "again: it will not be done twice."
        )
    return _("The bank cannot answer now; nothing was done. Please send it again in a moment.")


def _fact(value: Any) -> str:
    """A fact of an error as a person reads it."""
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return money(Money.parse(value["amount"], value["currency"]))
    return str(value)


def sentence(detail: str) -> str:
    """A detail, which an error's text has in small letters, as a sentence."""
    text = detail[:1].upper() + detail[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."

"""Setting up, changing and dropping the second factor: each under password and present factor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.controllers import audits, factors, step_up
from app.controllers.bank import Actor, Bank
from app.controllers.factors import Enrolment
from app.controllers.mail import wording
from app.controllers.orders import Proof, SwitchFactor
from app.errors import NoSecondFactor, RoleMissing
from app.models import audit, sessions
from app.models.factors import find_factors
from app.models.users import User

_PURPOSE = "second_factor"


@dataclass(frozen=True, slots=True)
class State:
    """How a person can prove a second factor, whether it is asked for at log-in, and how many
    recovery codes are left."""

    methods: tuple[str, ...]
    at_log_in: bool
    recovery_codes: int


def state(bank: Bank, actor: Actor) -> State:
    """The actor's second factors as they are now."""
    found = find_factors(bank.database, actor.user)
    methods = factors.methods_of(bank, step_up.person(bank, actor))
    return State(methods, found.at_log_in and bool(methods), len(found.recovery))


def begin_app(bank: Bank, actor: Actor, order: Proof) -> Enrolment:
    """A secret for an authenticator app, to be confirmed by one of its codes.

    Raises SecondFactorNeeded, InvalidProof, TooManyTries.
    """
    user = step_up.prove_both(bank, actor, _PURPOSE, order.password, order.code)
    return factors.begin_totp(bank, user)


def begun_app(bank: Bank, actor: Actor, secret: str) -> Enrolment | None:
    """The app that waits to be confirmed, for whoever was shown its secret; None when no such app
    waits any more."""
    return factors.begun_totp(bank, step_up.person(bank, actor), secret)


def has_app(bank: Bank, actor: Actor, secret: str) -> bool:
    """Whether the app of that secret is the actor's now."""
    return factors.has_totp(bank, step_up.person(bank, actor), secret)


def confirm_app(bank: Bank, actor: Actor, code: str) -> list[str]:
    """Make the app the second factor, asked for at log-in from now on: fresh recovery codes.

    Every other session ends. Raises InvalidCode.
    """

    def work() -> list[str]:
        made = factors.confirm(bank, actor.user, code)
        factors.set_at_log_in(bank, actor.user, True)
        _changed(bank, actor, "authenticator added", "An authenticator app was added")
        return made

    return _atomically(bank, work)


def drop_app(bank: Bank, actor: Actor, order: Proof) -> None:
    """Forget the app and its recovery codes; from now on codes come by mail, if there is a
    confirmed address. Raises NoAuthenticator, RoleMissing, InvalidProof."""
    if actor.plane == "banker" and bank.config.bankers_need_an_app:
        raise RoleMissing("bankers keep their app; set up another one in its place")
    step_up.prove_both(bank, actor, _PURPOSE, order.password, order.code)

    def work() -> None:
        factors.drop_totp(bank, actor.user)
        _changed(bank, actor, "authenticator removed", "Your authenticator app was removed")

    _atomically(bank, work)


def renew_recovery_codes(bank: Bank, actor: Actor, order: Proof) -> list[str]:
    """Fresh recovery codes, and the old ones are worth nothing. Raises NoAuthenticator, and as
    `begin_app`."""
    step_up.prove_both(bank, actor, _PURPOSE, order.password, order.code)

    def work() -> list[str]:
        made = factors.new_recovery_codes(bank, actor.user)
        _changed(bank, actor, "recovery codes renewed", "Your recovery codes were renewed")
        return made

    return _atomically(bank, work)


def switch(bank: Bank, actor: Actor, order: SwitchFactor) -> State:
    """Ask for the second factor at each log-in, or no longer. Raises NoSecondFactor, and as
    `begin_app`."""
    if not factors.methods_of(bank, step_up.person(bank, actor)):
        raise NoSecondFactor("confirm an e-mail address, or set up an authenticator app")
    step_up.prove_both(bank, actor, _PURPOSE, order.password, order.code)

    def work() -> None:
        factors.set_at_log_in(bank, actor.user, order.at_log_in)
        what = "on" if order.at_log_in else "off"
        news = f"The code at log-in was switched {what}"
        _changed(bank, actor, f"second factor at log-in {what}", news)

    _atomically(bank, work)
    return state(bank, actor)


def _atomically(bank: Bank, work: Callable[[], list[str] | None]) -> list[str]:
    made = bank.database.atomically(work)
    bank.post.look()
    return made or []


def _changed(bank: Bank, actor: Actor, action: str, news: str) -> None:
    """What goes with each change: the other sessions end, and the owner hears of it."""
    user = step_up.person(bank, actor)
    sessions.revoke_all(bank.database, user.id, bank.now(), action, but=actor.session)
    has_one = bool(factors.methods_of(bank, user))
    sessions.note_second_factor(bank.database, user.id, has_one)
    tell(bank, user, news)
    audit.record(bank.database, audits.event(bank, actor, action, user.id))


def tell(bank: Bank, user: User, news: str) -> None:
    """Post the news of a change to whom it is about, in the transaction of the change."""
    if user.confirmed_email:
        bank.post.put(wording.changed(bank.config.bank_name, user.confirmed_email, news))

"""The e-mail address of somebody who is a customer already: confirmed by a code, changed by one."""

from __future__ import annotations

from datetime import timedelta

from app.controllers import audits, codes, step_up, throttles
from app.controllers.bank import Actor, Bank
from app.controllers.codes import Asked
from app.controllers.mail import wording
from app.controllers.orders import ChangeEmail
from app.controllers.second_factors import tell
from app.errors import AddressTaken
from app.models import accounts, audit, challenges, sessions, users
from app.models.challenges import Challenge
from app.models.database import Duplicate
from app.models.users import User

_PURPOSE = "confirm_email"
_LIFE = timedelta(hours=1)


def change(bank: Bank, actor: Actor, order: ChangeEmail) -> Challenge:
    """Mail a code to the new address, after password and second factor.

    Whether somebody else has the address is told to its reader alone. Raises SecondFactorNeeded,
    InvalidProof, TooManyTries.
    """
    step_up.prove_both(bank, actor, "change_email", order.password, order.code)
    throttles.codes_to(bank, order.email, actor.address)
    name, email = bank.config.bank_name, order.email
    owner = users.find_by_email(bank.database, email)
    taken = owner is not None and owner.id != actor.user
    asked = Asked(_PURPOSE, actor.user, "", address=email, life=_LIFE)
    if taken:
        return codes.begin(
            bank, asked, lambda _: wording.already_registered(name, email), doomed=True
        )
    about = "to confirm this address"
    return codes.begin(bank, asked, lambda code: wording.code_for(name, email, about, code))


def waiting(bank: Bank, actor: Actor) -> str | None:
    """The new address that waits to be confirmed, if there is one."""
    asked = challenges.find_newest(bank.database, actor.user, _PURPOSE, "", bank.now())
    return asked.address if asked else None


def confirm(bank: Bank, actor: Actor, code: str) -> User:
    """Make the address the person's; the lower limits are lifted. Raises InvalidCode, AddressTaken,
    TooManyTries."""
    with throttles.second_factor(bank, actor.user, actor.address):
        answered = codes.check_newest(bank, actor.user, _PURPOSE, "", code)
    try:
        user = bank.database.atomically(lambda: _confirm(bank, actor, answered))
    except Duplicate:
        raise AddressTaken("use another one") from None
    bank.post.look()
    return user


def _confirm(bank: Bank, actor: Actor, answered: Challenge) -> User:
    codes.use(bank, answered)
    before = step_up.person(bank, actor)
    changes = {"email": answered.address, "email_confirmed": True}
    users.change_user(bank.database, before, changes)
    accounts.confirm_owner(bank.database, actor.user)
    sessions.note_second_factor(bank.database, actor.user, True)
    after = step_up.person(bank, actor)
    tell(bank, before, "Your e-mail address was changed")
    event = audits.event(
        bank, actor, "address confirmed", actor.user,
        before=audits.state_hash(before), after=audits.state_hash(after),
    )  # fmt: skip
    audit.record(bank.database, event)
    return after

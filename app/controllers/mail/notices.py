"""What the bank tells a person of their own log-in and accounts. No secret, and no link that one
could get used to following.

Nothing is told to an address that nobody has confirmed.
"""

from __future__ import annotations

from app.controllers.mail.letters import Letter
from app.models.users import User
from money import Money

NEWS = frozenset({
    "changed", "log-in after wrong tries", "log-ins have to wait", "PIN set", "PIN locked",
    "wrong codes", "paid", "PIN payments paused",
})  # fmt: skip
"""The kinds of mails that are worth sending however late. In others stands a code or a link, or
what nobody has to know any more."""


def came_in_after(bank_name: str, user: User, wrong: int) -> Letter | None:
    """Somebody logged in, after so many wrong tries."""
    return _letter(
        bank_name, user, "log-in after wrong tries", "A log-in after wrong tries",
        f"somebody has just logged in to your account at {bank_name}, after {wrong} wrong "
        "tries.\n\n"
        "If that was you, all is well.\n\n"
        "If it was not, change your password now, end the sessions that you do not know, and tell "
        "the bank.",
    )  # fmt: skip


def shut_for_long(bank_name: str, user: User, wrong: int) -> Letter | None:
    """So many wrong tries that log-ins have to wait for long."""
    return _letter(
        bank_name, user, "log-ins have to wait", "Wrong tries to log in",
        f"somebody has tried {wrong} times to log in to your account at {bank_name} and was wrong. "
        "For some minutes after each further try, nobody can log in with your user name. A device "
        "that you have logged in with before still can.\n\n"
        "Nobody came in, and you need not do anything. If it was you, wait for a quarter of an "
        "hour, then try again.",
    )  # fmt: skip


def pin_was_set(bank_name: str, user: User, number: str) -> Letter | None:
    """An account has a new PIN."""
    return _letter(
        bank_name, user, "PIN set", "One of your accounts has a new PIN",
        f"the PIN of your account that ends in {number[-4:]} at {bank_name} has just been set.\n\n"
        "If that was you, all is well.\n\n"
        "If it was not, change your password now, end the sessions that you do not know, set "
        "another PIN, and tell the bank.",
    )  # fmt: skip


def pin_was_locked(bank_name: str, user: User, number: str) -> Letter | None:
    """A PIN was wrong three times in a row."""
    return _letter(
        bank_name, user, "PIN locked", "The PIN of one of your accounts is locked",
        f"the PIN of your account that ends in {number[-4:]} at {bank_name} was wrong three times "
        "in a row. Nothing was paid, and no PIN opens it any more.\n\n"
        "Set another one when you need it. If it was not you who tried, tell the bank.",
    )  # fmt: skip


def wrong_codes(bank_name: str, user: User, wrong: int) -> Letter | None:
    """So many wrong codes, by somebody who knows the password or is logged in."""
    return _letter(
        bank_name, user, "wrong codes", "Wrong codes",
        f"somebody was asked for a code at {bank_name} in your name, and was wrong {wrong} times. "
        "Codes are asked for only after the right password.\n\n"
        "If it was you, wait for a quarter of an hour, then try again.\n\n"
        "If it was not, change your password now, end the sessions that you do not know, and tell "
        "the bank.",
    )  # fmt: skip


def paid(
    bank_name: str, user: User, amount: Money, shop: str, order: str, number: str, *, held: bool
) -> Letter | None:
    """Somebody has paid at a shop, or let it reserve the money."""
    what = f"{shop} may take up to {amount} from" if held else f"{amount} went to {shop} from"
    return _letter(
        bank_name, user, "paid", f"You paid {amount}",
        f"{what} your account that ends in {number[-4:]} at {bank_name}, for its order "
        f"{order}.\n\n"
        "If that was you, all is well; for the goods and for a refund, ask the shop.\n\n"
        "If it was not, set another PIN for the account now, and tell the bank.",
    )  # fmt: skip


def pins_paused(bank_name: str, banker: User, where: str, minutes: int) -> Letter | None:
    """For bankers: too many wrong PINs."""
    return _letter(
        bank_name, banker, "PIN payments paused", "Too many wrong PINs",
        f"so many payments at shops were refused ({where}) that somebody may be trying PINs. For "
        f"{minutes} minutes, each payment there needs a second factor before its PIN is looked "
        "at.\n\n"
        "It ends by itself. Look whether the shop is what it seems; the audit has the time.",
    )  # fmt: skip


def _letter(bank_name: str, user: User, kind: str, subject: str, text: str) -> Letter | None:
    if not user.confirmed_email:
        return None
    whole = f"Hello {user.shown_name},\n\n{text}\n\nYours,\n{bank_name}\n"
    return Letter(kind, user.confirmed_email, subject, whole)

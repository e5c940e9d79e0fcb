"""What the bank's own mails say: codes, links, and news of what was changed.

No code stands in a subject: phones show it on a locked screen.
"""

from __future__ import annotations

from app.controllers.mail.letters import Letter

_NOT_YOU = "If it was not you, do nothing: without the code nothing happens."
_ALARM = "If it was not you, get in touch with the bank at once."


def code_to_register(bank_name: str, to: str, code: str) -> Letter:
    """The code that opens an account."""
    text = (
        f"Welcome to {bank_name}.\n\nYour code to open an account: {code}\n\n"
        f"It is good for ten minutes. {_NOT_YOU}\n"
    )
    return Letter("code to register", to, "Your code to open an account", text)


def already_registered(bank_name: str, to: str) -> Letter:
    """For whom has an account, when somebody opens another one with the same address."""
    text = (
        f"Somebody wanted to open an account at {bank_name} with this address.\n\n"
        "You have one already: log in with it, or ask for a new password.\n\n"
        "If it was not you, do nothing: no account was opened.\n"
    )
    return Letter("already registered", to, "You have an account already", text)


def phone_wanted(bank_name: str, to: str) -> Letter:
    """For whom a phone number belongs to, when somebody else gives it as theirs."""
    text = (
        f"Somebody gave your phone number as theirs at {bank_name}.\n\n"
        "It stays yours, and you need not do anything. If that was you with a second account, "
        "remove the number from this one first.\n"
    )
    return Letter("phone wanted", to, "Your phone number", text)


def code_for(bank_name: str, to: str, about: str, code: str) -> Letter:
    """A code for what `about` says, such as "to change your password"."""
    text = (
        f"Your code {about}: {code}\n\n"
        f"It is good for ten minutes and for nothing else. {_NOT_YOU} Tell the code to nobody, "
        f"not even to somebody who says that they are {bank_name}.\n"
    )
    return Letter("code", to, f"Your code from {bank_name}", text)


def reset_link(bank_name: str, to: str, link: str) -> Letter:
    """The link behind which a new password is set."""
    text = (
        f"Somebody asked for a new password at {bank_name}.\n\nSet it here: {link}\n\n"
        "If the page asks for the link, paste all of it. It is good for fifteen minutes, once. If "
        "it was not you, do nothing: the password stays as it is.\n"
    )
    return Letter("reset password", to, "A new password", text)


def nobody_here(bank_name: str, to: str) -> Letter:
    """For an address that nobody has confirmed, when somebody has forgotten their password."""
    text = (
        f"Somebody asked for a new password at {bank_name} with this address.\n\n"
        "There is no account with it. If it was you, try another address of yours; if not, do "
        "nothing.\n"
    )
    return Letter("nobody here", to, "A new password", text)


def changed(bank_name: str, to: str, what: str) -> Letter:
    """News of a change, such as "Your password was changed"."""
    text = f"{what} at {bank_name}.\n\nIf it was you, all is well. {_ALARM}\n"
    return Letter("changed", to, what, text)

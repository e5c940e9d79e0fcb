"""The menus: the home page, and what a customer can do."""

from __future__ import annotations

from bank_client import PendingRegistration, Refused, Unauthenticated
from console import asking, commands, desk_menu, errands, words
from console.doors import Door, Leave, attempt, through
from console.visit import Visit
from money import InvalidMoney, exact

_HISTORY = 200


def home(visit: Visit) -> None:
    """The home page, until the person has had enough."""
    visit.screen.say(f"Strongroom, {visit.address}")
    try:
        if visit.kept.tokens():
            attempt(visit, inside)
        while True:
            through("What would you like to do?", visit, _home)
    except (asking.Ended, Leave):
        visit.screen.say("Good bye.")


def log_in(visit: Visit) -> None:
    """Log in; who is not known may open an account."""
    username = asking.text("User name")
    try:
        errands.log_in(visit, username)
    except Unauthenticated as problem:
        visit.screen.warn(*words.told(problem))
        asking.sure("Are you new here?", "Open an account")
        open_account(visit)
        return
    inside(visit)


def open_account(visit: Visit) -> None:
    """Become a customer, with a code that comes by mail; then back to the home page."""
    username = asking.text("Choose a user name")
    name = asking.text("Your name")
    phone = asking.text("Phone, such as +15551234567 (may be empty)", needed=False)
    email = asking.text("E-mail", _address)
    password = _new_password()
    with visit.screen.busy():
        begun = visit.customer.register(
            username, password, name=name, email=email, phone=phone or None
        )
    if isinstance(begun, PendingRegistration):
        _confirm(visit, begun)


def _confirm(visit: Visit, begun: PendingRegistration) -> None:
    code = asking.text("Code (sent to your address)")
    try:
        with visit.screen.busy():
            made = begun.verify(code)
    except Refused as problem:
        if problem.kind != "invalid-code":
            raise
        visit.screen.warn("Invalid code")
        return
    visit.screen.good("Account created")
    visit.screen.say(f"Your account is {made.account.number}. Log in now.")


def inside(visit: Visit) -> None:
    """The menu of whoever is logged in."""
    with visit.screen.busy():
        doors = desk_menu.doors if visit.is_bankers() else _customers
        profile = visit.customer.profile()
    visit.screen.good(f"Welcome, {profile.name or profile.username}.")
    through("What would you like to do?", visit, doors)


def ask_again(visit: Visit) -> None:
    """Ask again for the orders that have no answer."""
    for order in visit.kept.waiting(visit.username):
        visit.screen.say(f"Asking again: {order}")
    errands.ask_again(visit, lambda done: commands.show_moved(visit, done))


def balance(visit: Visit) -> None:
    """Balance, name and account number."""
    commands.show_balance(visit, _account(visit))


def deposit(visit: Visit) -> None:
    """Put money on an account."""
    commands.move(visit, "deposit", _amount("Amount"), account=_account(visit))


def withdraw(visit: Visit) -> None:
    """Take money from an account."""
    commands.move(visit, "withdraw", _amount("Amount"), account=_account(visit))


def transfer(visit: Visit) -> None:
    """Send money to an account, shown once more before."""
    to = asking.text("To account number", _number)
    amount = _amount("Amount")
    memo = asking.text("What for (may be empty)", needed=False)
    account = _account(visit)
    asking.sure(f"Send {amount} to account {to}?", "Send it")
    commands.move(visit, "transfer", amount, to=to, memo=memo, account=account)


def transactions(visit: Visit) -> None:
    """The latest transactions, newest first."""
    commands.show_transactions(visit, _account(visit), _HISTORY, None)


def _account(visit: Visit) -> str | None:
    """Which account, where there are several."""
    with visit.screen.busy():
        found = [each for each in visit.customer.accounts() if each.status != "closed"]
    if len(found) < 2:
        return None
    labels = [(f"{each.number}  {each.name}  {each.balance}", each.number) for each in found[:30]]
    return asking.choose("Which account?", labels)


def _amount(question: str) -> str:
    return asking.text(f"{question}, such as 12.50", _is_amount)


def _is_amount(typed: str) -> bool | str:
    try:
        return exact(typed) > 0 or "an amount is more than zero"
    except InvalidMoney as error:
        return str(error)


def _number(typed: str) -> bool | str:
    return typed.isalnum() or "an account number is digits, such as 100000000093"


def _address(typed: str) -> bool | str:
    return "@" in typed.strip("@") or "an e-mail address has an @, such as dana@example.com"


def _new_password() -> str:
    """A password, typed twice; the bank says whether it is good enough."""
    password = asking.secret("Choose a password")
    while asking.secret("The password once more") != password:
        password = asking.secret("The two are not the same. Choose a password")
    return password


def _home(_: Visit) -> list[Door]:
    return [Door("Log in", log_in), Door("Open an account", open_account), Door("Leave", None)]


def _customers(visit: Visit) -> list[Door]:
    """What a customer can do; first what has no answer yet."""
    waiting = len(visit.kept.waiting(visit.username))
    again = Door(f"Ask again safely: {waiting} without an answer", ask_again)
    return [
        *([again] if waiting else []),
        Door("Deposit", deposit), Door("Withdraw", withdraw), Door("Transfer", transfer),
        Door("Transactions", transactions), Door("Balance", balance),
        Door("Change password", commands.change_password),
        Door("Log out", errands.log_out, last=True), Door("Leave, and stay logged in", None),
    ]  # fmt: skip

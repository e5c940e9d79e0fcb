"""The bankers' menu."""

from __future__ import annotations

from bank_client import Approval, DeskAccount
from console import asking, commands, desk, errands, live
from console.doors import Door
from console.visit import Visit

_MANY = 200


def accounts(visit: Visit) -> None:
    """All accounts, of one status or of all."""
    states = [(each, each) for each in ("open", "frozen", "closed")]
    status = asking.choose("Which ones?", [("all", ""), *states])
    search = asking.text("Name or number begins with (may be empty)", needed=False)
    desk.show_accounts(visit, _MANY, status=status or None, search=search or None)


def transactions(visit: Visit) -> None:
    """All transactions, newest first."""
    desk.show_transactions(visit, _MANY)


def account(visit: Visit) -> None:
    """One account, and what can be done with it."""
    number = asking.text("Account number")
    found = desk.account_of(visit, number)
    desk.show_account(visit, found)
    acts = {"open": ("Freeze it", _freeze), "frozen": ("Propose to unfreeze it", _unfreeze)}
    here = [acts[found.status]] if found.status in acts else []
    asking.choose("And now?", [*here, ("Its transactions", _history), ("Back", _nothing)])(
        visit, found
    )


def _freeze(visit: Visit, found: DeskAccount) -> None:
    desk.do_freeze(visit, found, asking.text("Why", _reason))


def _unfreeze(visit: Visit, found: DeskAccount) -> None:
    desk.do_unfreeze(visit, found, asking.text("Why", _reason))


def _history(visit: Visit, found: DeskAccount) -> None:
    desk.show_transactions(visit, _MANY, account=found.number)


def _nothing(visit: Visit, found: object) -> None:
    """Back to the menu."""


def approvals(visit: Visit) -> None:
    """What waits for a second banker, and the decision."""
    found = desk.taken(visit, visit.banker.approvals(status="pending", page_size=20), 20)
    if not found:
        visit.screen.say("Nothing waits to be approved.")
        return
    labels = [(f"{each.kind} {each.subject}, proposed by {each.maker}", each) for each in found]
    chosen = asking.choose("Which one?", labels)
    desk.show_approval(visit, chosen)
    asking.choose("And now?", [("Approve", _approve), ("Reject", _reject), ("Back", _nothing)])(
        visit, chosen
    )


def _approve(visit: Visit, chosen: Approval) -> None:
    reason = asking.text("Why (may be empty)", needed=False)
    desk.show_approval(visit, desk.approved(visit, chosen, reason))


def _reject(visit: Visit, chosen: Approval) -> None:
    desk.do_reject(visit, chosen.id, asking.text("Why", _reason))


def books(visit: Visit) -> None:
    """The state of the books."""
    full = asking.choose("How much?", [("What is new", False), ("Everything again", True)])
    desk.show_books(visit, full=full)


def _reason(typed: str) -> bool | str:
    return len(typed) >= 3 or "a reason has three letters or more"


_DOORS = [
    Door("All accounts", accounts), Door("All transactions", transactions),
    Door("One account: freeze, unfreeze", account), Door("Approvals", approvals),
    Door("The state of the books", books), Door("Live feed", live.follow),
    Door("Change password", commands.change_password),
    Door("Log out", errands.log_out, last=True), Door("Leave, and stay logged in", None),
]  # fmt: skip


def doors(_: Visit) -> list[Door]:
    """What a banker can do."""
    return _DOORS

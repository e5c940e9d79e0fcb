"""The moments of a payment at which a program is killed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.faults.passing_time import BANK, SHOP

OVER = timedelta(minutes=25)
"""By so much an order is aged whose time is to be over, with that for which a shop waits for a bank
that cannot be reached."""

_INTENT = r"/payment_intents/[^/]+"


@dataclass(frozen=True)
class Moment:
    """Where a buyer is when the program is killed, and what they want.

    They wait before a step of their own (`before`), or an exchange of shop and bank is kept in a
    passage, once it is paid or at any time, before it is heard or with its answer. `commit` names
    the program whose commit is under way once the buyer goes on. With `ages`, their time is over
    while the program is dead.
    """

    name: str
    ending: str = "keep"
    returns: bool = True
    before: str = ""
    passage: str = ""
    place: str = ""
    heard: bool = False
    once_paid: bool = False
    commit: str = ""
    ages: bool = False


MOMENTS = (
    Moment("before the order is placed", before="order"),
    Moment("the order is placed, the payment not asked for",
           passage="till", place="POST /payment_intents"),
    Moment("the payment is made, the answer is lost", "give up",
           passage="till", place="POST /payment_intents", heard=True),
    Moment("before the PIN, and then the time is over", "leave", before="pin", ages=True),
    Moment("the PIN is right, before the code", before="code"),
    Moment("the bank is about to commit the money", before="pin", commit=BANK),
    Moment("it is paid, the shop was not told", returns=False,
           passage="hooks", place="POST /webhooks/strongroom"),
    Moment("the shop was told, its answer is lost", "cancel", returns=False, before="cancel",
           passage="hooks", place="POST /webhooks/strongroom", heard=True),
    Moment("the shop asks whether it is paid",
           passage="till", place=f"GET {_INTENT}", once_paid=True),
    Moment("the shop is about to commit that it is paid", before="back", commit=SHOP),
    Moment("before it is cancelled", "cancel", before="cancel"),
    Moment("the refund is asked for", "cancel",
           passage="till", place=f"POST {_INTENT}/refunds"),
    Moment("the refund is made, the answer is lost", "cancel",
           passage="till", place=f"POST {_INTENT}/refunds", heard=True),
    Moment("the payment is given up, the answer is lost", "give up",
           passage="till", place=f"POST {_INTENT}/cancel", heard=True),
)  # fmt: skip

TOO_LATE = Moment(
    "it is paid, and the bank is dead until the shop has given up", "late", returns=False,
    passage="till", place=f"GET {_INTENT}", ages=True,
)  # fmt: skip
"""For a bank that is killed: else the shop learns in time that it is paid."""


@dataclass(frozen=True)
class Case:
    """One moment, and the program that is killed at it."""

    victim: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.victim}: {self.moment.name}"


def cases(victim: str) -> list[Case]:
    """All moments of one program."""
    also = (TOO_LATE,) if victim == "bank" else ()
    return [Case(victim, moment) for moment in (*MOMENTS, *also)]

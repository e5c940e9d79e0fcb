"""Payments between two pages: what was typed on the first, signed, in the address of the second.

Nothing of it is kept by the bank. It can be made for its customer alone and by this bank alone, so
that nobody is sent a link to a payment that somebody else has filled in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import request, url_for
from itsdangerous import BadData, URLSafeSerializer

from app.views.context import actor, bank
from money import Money


@dataclass(frozen=True, slots=True)
class Draft:
    """A payment that was typed and is not made yet. `kind` is "transfer" or "withdraw"; `amount` in
    major units; whoever sends it sends it under `key`, once."""

    kind: str
    account: str
    amount: str
    currency: str
    memo: str
    key: str
    to: str = ""
    payee: str = ""
    own: bool = False

    @property
    def money(self) -> Money:
        """The amount."""
        return Money.parse(self.amount, self.currency)

    @property
    def fields(self) -> dict[str, str]:
        """What its order is made of."""
        found = {
            "account": self.account, "amount": self.amount, "currency": self.currency,
            "memo": self.memo, "to": self.to,
        }  # fmt: skip
        return {name: text for name, text in found.items() if text}


def address(endpoint: str, draft: Draft) -> str:
    """Where a page goes on with the draft."""
    return url_for(endpoint, payment=_serializer().dumps(asdict(draft)))


def find(kind: str) -> Draft | None:
    """The draft that the address carries, if it is one of that kind, and this customer's."""
    try:
        found = Draft(**_serializer().loads(request.args.get("payment", "")))
    except (BadData, TypeError):
        return None
    return found if found.kind == kind else None


def _serializer() -> URLSafeSerializer:
    # The library signs with the last of them.
    keys = bank().config.keys("payment draft")[::-1]
    return URLSafeSerializer(keys, salt=f"payment of {actor().user}")

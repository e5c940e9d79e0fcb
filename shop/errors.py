"""Every way things go wrong in the shop, and nothing else.

    ShopError
    ├── NotFound               no such thing, or not yours   404
    │   └── ProductNotFound, OrderNotFound
    ├── Forbidden              you may not                   403
    │   └── ForgedForm, NotAnAdmin, ForgedWebhook
    ├── Conflict               not in the state it is in     409
    │   └── SoldOut, CartChanged, WrongState, ChangedMeanwhile
    ├── Refused                a rule of the shop says no    422
    │   └── EmptyCart, PricesChanged, InvalidFields, WrongLogIn, TooManyTries (429)
    └── Unavailable            try again                     503
        └── BankUnreachable, BankRefused

The class docstring is what people read. Statuses stand in `shop/views/problems.py` alone.
"""

from __future__ import annotations

from collections.abc import Mapping


class ShopError(Exception):
    """Something went wrong in the shop."""

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.title())
        self.detail = detail
        self.facts = facts

    @classmethod
    def title(cls) -> str:
        """What happened, for everybody to read."""
        return (cls.__doc__ or "").partition("\n")[0]


class NotFound(ShopError):
    """There is no such thing here."""


class ProductNotFound(NotFound):
    """There is no such product."""


class OrderNotFound(NotFound):
    """There is no such order."""


class Forbidden(ShopError):
    """You may not do this."""


class ForgedForm(Forbidden):
    """The form does not come from a page of the shop, or is too old."""


class NotAnAdmin(Forbidden):
    """Only the shop's own people may do this."""


class ForgedWebhook(Forbidden):
    """The message is not the bank's."""


class Conflict(ShopError):
    """This cannot be done in the state it is in."""


class SoldOut(Conflict):
    """There are not enough of it left."""


class CartChanged(Conflict):
    """The cart has changed meanwhile."""


class WrongState(Conflict):
    """The order is not in a state in which this can be done."""


class ChangedMeanwhile(Conflict):
    """Somebody else has changed it in the meantime."""


class Refused(ShopError):
    """A rule of the shop does not allow this."""


class EmptyCart(Refused):
    """There is nothing in the cart."""


class PricesChanged(Refused):
    """The prices have changed meanwhile."""


class InvalidFields(Refused):
    """Some fields are wrong."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = dict(errors)


class WrongLogIn(Refused):
    """The address or the password is wrong."""


class TooManyTries(Refused):
    """That was tried too often."""


class Unavailable(ShopError):
    """The shop cannot answer now; try again in a moment."""


class BankUnreachable(Unavailable):
    """The bank cannot be reached."""


class BankRefused(Unavailable):
    """The bank did not take the request."""


def leaves(kind: type[ShopError] = ShopError) -> list[type[ShopError]]:
    """Every error class below `kind`, depth first."""
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]

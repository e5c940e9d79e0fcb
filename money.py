"""Money: whole minor units of an ISO 4217 currency. No float ever becomes money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from iso4217 import Currency

MAX_MINOR = 10**15
"""The largest amount the bank keeps or says, in minor units (a balance, a total of a day)."""

_TEXT = re.compile(r"\A-?[0-9]{1,16}(?:\.[0-9]{1,8})?\Z")


class InvalidMoney(ValueError):
    """An amount or a currency that cannot be money; the message says what would be."""


@cache
def decimals_of(currency: str) -> int:
    """How many decimals the currency has (USD 2, JPY 0, KWD 3), from the ISO 4217 table."""
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise InvalidMoney(f"{currency!r:.20} is not a currency of ISO 4217; write for example USD")
    return exponent


@dataclass(frozen=True, slots=True)
class Money:
    """A signed amount: `minor` whole minor units (cents, yen, fils) of `currency`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Read major units exactly: "12.50", 12 or Decimal("12.5"). Raises InvalidMoney."""
        decimals = decimals_of(currency)
        scaled = exact(amount).scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise InvalidMoney(f"{currency} has {decimals} decimals; round the amount to them")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in that currency."""
        return cls(0, currency)

    @property
    def amount(self) -> str:
        """The amount as exact text in major units: "-12.50"."""
        decimals = decimals_of(self.currency)
        digits = str(abs(self.minor)).rjust(decimals + 1, "0")
        sign = "-" if self.minor < 0 else ""
        if not decimals:
            return sign + digits
        return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"

    def as_dict(self) -> dict[str, str]:
        """The shape of money in every answer: {"amount": "12.50", "currency": "USD"}."""
        return {"amount": self.amount, "currency": self.currency}

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise InvalidMoney(f"{self.currency} and {other.currency} do not mix")
        return other.minor


def exact(amount: object) -> Decimal:
    """Text or a number as a finite Decimal of sane size, never through a float.

    Raises InvalidMoney; how many decimals are right, only the currency knows.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
        raise InvalidMoney('an amount is text or a number, for example "12.50"')
    if isinstance(amount, str) and not _TEXT.match(amount):
        raise InvalidMoney('an amount is digits with a point, for example "12.50"')
    number = Decimal(amount)
    # The size is looked at before anything is computed: 1e999999 must not become an integer.
    if not number.is_finite() or number.adjusted() > 15 or abs(number) > MAX_MINOR:
        raise InvalidMoney("the amount is too large for any account")
    if number and number.as_tuple().exponent < -12:  # type: ignore[operator]
        raise InvalidMoney("the amount has more decimals than any currency")
    return number

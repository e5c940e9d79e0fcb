"""How pages write money, numbers, times and account numbers, for the visitor's language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_skeleton
from babel.numbers import (
    NumberFormatError,
    format_compact_currency,
    format_currency,
    format_decimal,
    get_currency_name,
    parse_decimal,
)
from flask import Flask
from flask_babel import format_date, format_datetime, get_locale

from money import Money, decimals_of


def init_formats(app: Flask) -> None:
    """Give the templates these filters."""
    for make in (
        money, signed, brief, plain_amount, moment, clock_time, day, short_day, month, account,
        number,
    ):  # fmt: skip
        app.jinja_env.filters[make.__name__] = make
    app.jinja_env.filters["iso"] = lambda when: when.isoformat().replace("+00:00", "Z")


def money(amount: Money) -> str:
    """12,50 € or $12.50; a debit with a real minus."""
    exact = Decimal(amount.minor).scaleb(-decimals_of(amount.currency))
    text: str = format_currency(exact, amount.currency, locale=get_locale(), currency_digits=True)
    return text.replace("-", "\u2212")


def signed(amount: Money) -> str:
    """As `money`, and what came in has a plus."""
    return ("+" if amount.minor > 0 else "") + money(amount)


def brief(amount: Money) -> str:
    """As `money` where there is little room: $1.2M."""
    exact = Decimal(amount.minor).scaleb(-decimals_of(amount.currency))
    text: str = format_compact_currency(
        exact, amount.currency, locale=get_locale(), fraction_digits=1 if abs(exact) >= 1000 else 0
    )
    return text.replace("-", "\u2212")


def plain_amount(amount: Money) -> str:
    """The amount without its currency, as somebody would type it."""
    exact = Decimal(amount.minor).scaleb(-decimals_of(amount.currency))
    places = "0" * decimals_of(amount.currency)
    pattern = f"0.{places}" if places else "0"
    return str(format_decimal(exact, pattern, locale=get_locale()))


def currency_name(code: str) -> str:
    """A currency with its letters: US Dollar (USD)."""
    return f"{get_currency_name(code, locale=get_locale())} ({code})"


def number(count: int) -> str:
    """A count with its groups."""
    return str(format_decimal(count, locale=get_locale()))


def moment(when: datetime) -> str:
    """Date and time of day, in UTC."""
    return str(format_datetime(when, "medium"))


def clock_time(when: datetime) -> str:
    """The time of day alone, in UTC."""
    return str(format_datetime(when, "HH:mm"))


def day(when: date) -> str:
    """A date."""
    return str(format_date(when, "long"))


def short_day(when: date) -> str:
    """A date where there is little room."""
    return str(format_date(when, "medium"))


def brief_day(when: date) -> str:
    """A date without its year, beside others: 5 Mar."""
    return str(format_skeleton("MMMd", when, locale=get_locale()))


def brief_month(when: date) -> str:
    """A month beside others: Mar."""
    return str(format_date(when, "LLL"))


def brief_moment(when: datetime) -> str:
    """Date and time of day in UTC, beside others: 5 Mar, 14:05."""
    return f"{brief_day(when)}, {clock_time(when)}"


def month(when: date) -> str:
    """A month of a year."""
    return str(format_date(when, "MMMM yyyy"))


def account(number: str) -> str:
    """An account number in groups of four, which people read and type with fewer mistakes."""
    return "\u00a0".join(number[at : at + 4] for at in range(0, len(number), 4))


def read_amount(text: str) -> str:
    """What somebody typed, with a point before the decimals: 1.234,50 is 1234.50 in German.

    What cannot be read so is left as it is, for the order to say what would be right.
    """
    plain = "".join(text.split())
    try:
        return str(parse_decimal(plain, locale=get_locale(), strict=True))
    except NumberFormatError:
        return plain

"""Money is exact: what can be read, what is refused, and that no sum loses a unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from money import MAX_MINOR, InvalidMoney, Money, decimals_of, exact

MINORS = st.integers(-MAX_MINOR, MAX_MINOR)
PATIENTLY = settings(deadline=None)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "EUR", "CLF"])


@pytest.mark.parametrize(
    ("written", "currency", "minor", "shown"),
    [
        ("12.50", "USD", 1250, "12.50"),
        ("12.5", "USD", 1250, "12.50"),
        ("12", "USD", 1200, "12.00"),
        ("0.01", "USD", 1, "0.01"),
        ("-0.05", "USD", -5, "-0.05"),
        ("007", "USD", 700, "7.00"),
        ("1500", "JPY", 1500, "1500"),
        ("1500.00", "JPY", 1500, "1500"),
        ("1.234", "KWD", 1234, "1.234"),
        ("0.001", "KWD", 1, "0.001"),
        ("10000000000000", "USD", 10**15, "10000000000000.00"),
    ],
)
def test_text_becomes_whole_minor_units_and_text_again(
    written: str, currency: str, minor: int, shown: str
) -> None:
    money = Money.parse(written, currency)
    assert (money.minor, money.amount) == (minor, shown)


def test_an_answer_shows_money_as_exact_text() -> None:
    assert Money(1250, "USD").as_dict() == {"amount": "12.50", "currency": "USD"}


@pytest.mark.parametrize("number", [12, Decimal(12), Decimal("12.00"), Decimal("1.2E+1")])
def test_whole_numbers_and_decimals_are_read_like_text(number: int | Decimal) -> None:
    assert Money.parse(number, "USD") == Money(1200, "USD")


@pytest.mark.parametrize(
    "amount",
    [
        "NaN", "nan", "inf", "-inf", "Infinity", "1e5", "1E5", "0x10", "1_000", "1,50", "1.000,00",
        "", " ", ".5", "5.", "+5", "--5", "12.50 ", " 12.50", "12.50\n", "12\n.50", "\u0661\u0662",
        "\uff11\uff12", "\u00bd", "12.50\x00", "$12", "12.50 USD", "1" * 17, "0." + "1" * 9,
    ],
)  # fmt: skip
def test_text_that_is_no_plain_amount_is_refused(amount: str) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse(amount, "USD")


@pytest.mark.parametrize(
    "number",
    [
        12.5, 0.1, float("nan"), float("inf"), True, False, None, b"12", [], {}, Fraction(1, 2),
        Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"),
        Decimal("1E+999999"), Decimal("-1E+999999"), Decimal("1E-999999"), 10**4000,
    ],
)  # fmt: skip
def test_a_number_that_is_not_exact_or_not_sane_is_refused(number: object) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse(number, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.001", "USD"), ("0.5", "JPY"), ("0.0001", "KWD"), (Decimal("0.005"), "USD")],
)
def test_more_decimals_than_the_currency_has_are_refused_not_rounded(
    amount: str | Decimal, currency: str
) -> None:
    with pytest.raises(InvalidMoney, match="decimals"):
        Money.parse(amount, currency)


@pytest.mark.parametrize("amount", ["1000000000000001", 10**16, Decimal(10**15) + Decimal("0.01")])
def test_more_than_any_account_can_hold_is_refused(amount: str | int | Decimal) -> None:
    with pytest.raises(InvalidMoney, match="too large"):
        exact(amount)


@pytest.mark.parametrize("amount", ["1000000000000000", 10**15, -(10**15), Decimal("1E+15")])
def test_as_much_as_an_account_can_hold_is_read(amount: str | int | Decimal) -> None:
    assert abs(exact(amount)) == MAX_MINOR


def test_twelve_decimals_are_read_and_thirteen_refused() -> None:
    assert exact(Decimal("1E-12")) == Decimal("0.000000000001")
    with pytest.raises(InvalidMoney, match=r"\Athe amount has more decimals than any currency\Z"):
        exact(Decimal("1E-13"))


def test_nothing_has_no_decimals_too_many() -> None:
    assert exact(Decimal("0E-20")) == 0


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (12.5, 'an amount is text or a number, for example "12.50"'),
        ("1,50", 'an amount is digits with a point, for example "12.50"'),
        (10**16, "the amount is too large for any account"),
        ("0.001", "USD has 2 decimals; round the amount to them"),
    ],
)
def test_a_refusal_says_what_an_amount_is(amount: object, said: str) -> None:
    with pytest.raises(InvalidMoney) as refused:
        Money.parse(amount, "USD")  # type: ignore[arg-type]
    assert str(refused.value) == said


@pytest.mark.parametrize("currency", ["", "usd", "US", "ABC", "EURO", "XXX", "\u20ac", "XAU"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(InvalidMoney, match="currency of ISO 4217"):
        Money.parse("1", currency)


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_the_decimals_of_a_currency_come_from_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


def test_money_of_two_currencies_does_not_mix() -> None:
    dollars, yen = Money(100, "USD"), Money(100, "JPY")
    for operation in ("__add__", "__sub__", "__lt__", "__le__"):
        with pytest.raises(InvalidMoney, match="do not mix"):
            getattr(dollars, operation)(yen)


def test_equal_figures_of_two_currencies_are_not_equal() -> None:
    assert Money(100, "USD") != Money(100, "JPY")


def test_money_is_ordered_and_signed() -> None:
    small, large = Money(-1, "USD"), Money(1, "USD")
    assert small < large
    assert small <= small  # noqa: PLR0124
    assert not small < small  # noqa: PLR0124
    assert -small == large
    assert str(small) == "-0.01 USD"


def test_nothing_has_no_sign() -> None:
    assert (str(Money.zero("USD")), Money.zero("JPY").amount) == ("0.00 USD", "0")


def test_ten_times_a_tenth_is_one() -> None:
    total = sum((Money.parse("0.10", "USD") for _ in range(10)), Money.zero("USD"))
    assert total == Money.parse("1.00", "USD")


@PATIENTLY
@given(minor=MINORS, currency=CURRENCIES)
def test_what_is_shown_can_be_read_again(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.parse(money.amount, currency) == money


@PATIENTLY
@given(minors=st.lists(MINORS, max_size=30), currency=CURRENCIES)
def test_a_sum_never_loses_a_unit(minors: list[int], currency: str) -> None:
    total = sum((Money(minor, currency) for minor in minors), Money.zero(currency))
    assert total.minor == sum(minors)


@PATIENTLY
@given(left=MINORS, right=MINORS)
def test_what_is_added_can_be_taken_away_again(left: int, right: int) -> None:
    start, change = Money(left, "USD"), Money(right, "USD")
    assert start + change - change == start


@PATIENTLY
@given(st.text(max_size=12))
def test_any_text_is_money_or_refused_by_name(text: str) -> None:
    try:
        money = Money.parse(text, "USD")
    except InvalidMoney:
        return
    assert Fraction(money.minor, 100) == Fraction(text)

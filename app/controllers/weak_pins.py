"""Which PINs are guessed first: found by rule, so there is no list to keep."""

from __future__ import annotations

from itertools import pairwise

from app.errors import WeakPin

_FIRST_YEAR = 1940
_INSTEAD = "draw six digits by lot, for example with dice"


def check_strength(pin: str, *, number: str, year: int) -> None:
    """Refuse a PIN that many choose, or that is read off the account's number. Raises WeakPin."""
    if _is_pattern(pin):
        raise WeakPin(f"it is a pattern; {_INSTEAD}", field="pin")
    if _is_date(pin, year):
        raise WeakPin(f"it reads as a date; {_INSTEAD}", field="pin")
    if pin in number or pin[::-1] in number:
        raise WeakPin(f"it is a part of the account's number; {_INSTEAD}", field="pin")


def _is_pattern(pin: str) -> bool:
    """Few digits, the same again, backwards, or steps: 111211, 123123, 123321, 135790, 102030."""
    again = pin[:3] == pin[3:] or pin == pin[::-1]
    # Halves: 123789, and 147258 and 159753 on the keys. Every other digit: 112233, 121314.
    steps = _steps(pin[:3]) and _steps(pin[3:])
    turns = _steps(pin[0::2]) and _steps(pin[1::2])
    runs = any(_steps(pin[at : at + 5]) for at in (0, 1))
    return len(set(pin)) < 3 or again or steps or turns or runs


def _steps(digits: str) -> bool:
    """Whether each digit is as far from the one before, and 0 comes after 9: 1234, 9876, 8024."""
    return len({(int(after) - int(before)) % 10 for before, after in pairwise(digits)}) == 1


def _is_date(pin: str, year: int) -> bool:
    """DDMMYY, MMDDYY or YYMMDD, or a year that people remember at one end."""
    first, second, third = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    years = range(_FIRST_YEAR, year + 1)
    return (
        _is_day(first, second)
        or _is_day(second, first)
        or _is_day(third, second)
        or int(pin[:4]) in years
        or int(pin[2:]) in years
    )


def _is_day(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12

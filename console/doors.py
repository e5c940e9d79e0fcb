"""How every menu works: choose, act, be told what went wrong, choose again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bank_client import Problem, Unauthenticated
from console import asking, words
from console.kept import InFlight
from console.visit import Visit


class Leave(Exception):
    """The person leaves the bank."""


@dataclass(frozen=True, slots=True)
class Door:
    """One line of a menu; None leaves the bank, and after the `last` one its menu is over."""

    label: str
    act: Callable[[Visit], None] | None
    last: bool = False


Doors: TypeAlias = Callable[[Visit], Sequence[Door]]


def through(question: str, visit: Visit, doors: Doors) -> None:
    """Let a person through one door after another. Raises Ended, Leave."""
    while True:
        door = asking.choose(question, [(each.label, each) for each in doors(visit)])
        if door.act is None:
            raise Leave
        if attempt(visit, door.act) or door.last:
            return


def attempt(visit: Visit, act: Callable[[Visit], None]) -> bool:
    """Do something and say what went wrong; whether nobody is logged in any more."""
    try:
        act(visit)
    except asking.Back:
        visit.screen.say("Back to the menu; nothing was done.")
    except InFlight as error:
        visit.screen.warn(str(error))
    except ValueError as error:  # an amount or an id that cannot be one
        visit.screen.warn(str(error))
    except OSError as error:
        visit.screen.warn(f"{words.NOT_KEPT} ({error})")
    except Problem as problem:
        visit.screen.warn(*words.told(problem))
        return isinstance(problem, Unauthenticated)
    except KeyboardInterrupt:
        visit.screen.warn("Interrupted. What was sent is kept: the menu offers to ask again.")
        raise asking.Ended("Interrupted") from None
    return False

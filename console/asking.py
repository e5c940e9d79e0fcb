"""Questions to the person at the terminal; without a terminal, lines of standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from typing import Any, TypeVar

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

T = TypeVar("T")
_MARK = "?"  # before each question
Check = Callable[[str], bool | str]
"""True for a good answer, else what would be one."""


class Ended(Exception):
    """The person has had enough, at this question: Ctrl-C, Ctrl-D, or the end of standard input."""


class Back(Exception):
    """An empty answer to this question: back to the menu."""


def interactive() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def text(question: str, check: Check | None = None, *, needed: bool = True) -> str:
    """A line of text. Raises Back for an empty one that is needed, Ended."""
    if not interactive():
        return _line(question, needed=needed)
    asked = questionary.text(f"{question}:", validate=_allowing_nothing(check), qmark=_MARK)
    return _given(str(_ask(question, asked)).strip(), question, needed=needed)


def secret(question: str) -> str:
    """A line that is never shown. Raises Back for an empty one, Ended."""
    if sys.stdin.isatty() and not sys.stdout.isatty():
        return _given(_hidden(question), question, needed=True)
    if not interactive():
        return _line(question, needed=True)
    # Passwords may begin or end with a space.
    asked = questionary.password(f"{question}:", qmark=_MARK)
    return _given(str(_ask(question, asked)), question, needed=True)


def choose(question: str, choices: Sequence[tuple[str, T]]) -> T:
    """One of some things, by arrow keys or its digit. Raises Ended."""
    # The values are numbers: questionary would take a None or a mapping for something else.
    labels = [questionary.Choice(label, value=at) for at, (label, _) in enumerate(choices)]
    asked = questionary.select(
        question, labels, qmark=_MARK, use_shortcuts=len(labels) <= 30, use_jk_keys=False,
        instruction="(arrows or keys, then Enter)",
    )  # fmt: skip
    _end_with_ctrl_d(asked)
    return choices[int(_ask(question, asked))][1]


def sure(question: str, yes: str = "Yes") -> None:
    """Go on only when the person says so. Raises Back, Ended."""
    if not choose(question, [(yes, True), ("No", False)]):
        raise Back(question)


def _ask(question: str, asked: questionary.Question) -> Any:
    try:
        return asked.unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise Ended(question) from None


def _hidden(question: str) -> str:
    """Typed at a terminal whose screen goes elsewhere, into a pipe perhaps."""
    try:
        return getpass(f"{question}: ")
    except (KeyboardInterrupt, EOFError):
        raise Ended(question) from None


def _end_with_ctrl_d(asked: questionary.Question) -> None:
    """A list of choices ignores Ctrl-D by itself."""
    keys = asked.application.key_bindings
    if isinstance(keys, KeyBindings):

        @keys.add("c-d", eager=True)
        def _(event: KeyPressEvent) -> None:
            event.app.exit(exception=EOFError)


def _allowing_nothing(check: Check | None) -> Check:
    """An empty answer is always taken: it leads back."""
    return lambda typed: True if check is None or not typed.strip() else check(typed.strip())


def _given(typed: str, question: str, *, needed: bool) -> str:
    if needed and not typed:
        raise Back(question)
    return typed


def _line(question: str, *, needed: bool) -> str:
    line = sys.stdin.readline()
    if not line and needed:
        raise Ended(question)
    return _given(line.rstrip("\r\n"), question, needed=needed)

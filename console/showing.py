"""The screen: tables, money, JSON, long lists in the pager, and what takes its time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import datetime
from threading import Timer
from typing import Any, Literal, TypeAlias

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from money import Money

Side: TypeAlias = Literal["left", "right"]
_SOON_SECONDS = 1.0
_WIDE = 110
_PIPE_WIDTH = 160
RIGHT = frozenset({"amount", "balance", "available", "seq", "transactions"})
"""Columns of figures."""


def clean(text: str) -> str:
    """Text of others without what would steer the terminal."""
    return "".join(each if each.isprintable() else "�" for each in text)


def plain(value: Any) -> Any:
    """An answer as JSON has it: money as the bank writes it, times with their offset."""
    if isinstance(value, Money):
        return value.as_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def shown(value: object) -> str:
    """A value in a table: money with thousands, times of the person's own clock."""
    if isinstance(value, Money):
        sign = "-" if value.minor < 0 else ""
        whole, point, rest = value.amount.lstrip("-").partition(".")
        return f"{sign}{int(whole):,}{point}{rest} {value.currency}"
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M}"
    return "" if value is None else clean(str(value))


class Screen:
    """Standard output and standard error, in colours only where they are terminals."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out, self._err = Console(highlight=False), Console(stderr=True, highlight=False)
        if not self._out.is_terminal:
            self._out = Console(highlight=False, width=_PIPE_WIDTH)

    @property
    def wide(self) -> bool:
        """Whether there is room for more than what matters most."""
        return self._out.width >= _WIDE

    def say(self, *lines: str) -> None:
        """Lines of text; in JSON they would disturb."""
        for line in [] if self.as_json else lines:
            self._out.print(Text(line))

    def good(self, line: str) -> None:
        """Something was done."""
        if not self.as_json:
            self._out.print(Text(line, style="green"))

    def warn(self, *lines: str) -> None:
        """What a person should know, beside what was asked for."""
        for line in lines:
            self._err.print(Text(line, style="yellow"))

    def json(self, value: Any, *, error: bool = False) -> None:
        """An answer as JSON, in one line."""
        click.echo(json.dumps(plain(value), ensure_ascii=False), err=error)

    def facts(self, answer: Any, **facts: object) -> None:
        """One thing, line by line; as JSON, all that the bank answered."""
        if self.as_json:
            self.json(answer)
            return
        table = Table.grid(padding=(0, 2))
        for name, value in facts.items():
            if value is not None:
                table.add_row(Text(name.replace("_", " "), style="dim"), Text(shown(value)))
        self._out.print(table)

    def rows(self, answers: Sequence[Any], rows: Iterable[dict[str, object]]) -> None:
        """A list; what does not fit on the screen goes through the pager."""
        if self.as_json:
            self.json({"items": answers})
            return
        made = list(rows)
        if not made:
            self.say("There are none.")
            return
        with self._out.capture() as captured:
            self._out.print(_table(made))
        self._page(captured.get())

    def _page(self, text: str) -> None:
        if not self._out.is_terminal or text.count("\n") < self._out.height:
            click.echo(text, nl=False, color=True)
            return
        os.environ.setdefault("LESS", "-RX")
        click.echo_via_pager(text, color=not self._out.no_color)

    @contextmanager
    def busy(self, words: str = "Asking the bank ...") -> Iterator[None]:
        """Show that something goes on, once it takes more than a second."""
        if not self._err.is_terminal:
            yield
            return
        status = self._err.status(words)
        timer = Timer(_SOON_SECONDS, status.start)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            status.stop()


def _table(rows: Sequence[dict[str, object]]) -> Table:
    """One line for each row; what does not fit is cut from words alone."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in rows[0]:
        least = _least(rows, name)
        side: Side = "right" if name in RIGHT else "left"
        table.add_column(name, justify=side, min_width=least, no_wrap=least is not None)
    for row in rows:
        cells = [Text(shown(each), no_wrap=True, overflow="ellipsis") for each in row.values()]
        table.add_row(*cells, style="red" if row.get("status") == "frozen" else None)
    return table


def _least(rows: Sequence[dict[str, object]], name: str) -> int | None:
    """Figures, times and numbers are never cut; words are."""
    whole = [shown(row[name]) for row in rows if isinstance(row[name], Money | datetime | int)]
    if name in ("account", "accounts", "id", "to", "status", "kind"):
        whole = [shown(row[name]) for row in rows]
    return max(map(len, [name, *whole])) if whole else None

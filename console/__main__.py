"""`python -m console`: the menus, or one plain command."""

from __future__ import annotations

import sys

import click

from bank_client import Problem
from console import asking, commands, menu, words
from console.desk import banker
from console.kept import InFlight
from console.showing import Screen
from console.visit import Visit

_EXIT = "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 the bank did not answer, 130 Ctrl-C."


_UNANSWERED = ("{}: no answer was given. Nothing more was done.", words.REFUSED)
_INTERRUPTED = (
    "Interrupted. An order that was sent is kept: `again` asks for it safely.", words.INTERRUPTED,
)  # fmt: skip
_ENDS: dict[type[BaseException], tuple[str, int]] = {
    InFlight: ("{}", words.REFUSED),
    ValueError: ("{}", words.USAGE),
    OSError: (f"{words.NOT_KEPT} ({{}})", words.REFUSED),
    asking.Back: _UNANSWERED,
    asking.Ended: _UNANSWERED,
    KeyboardInterrupt: _INTERRUPTED,
    click.Abort: _INTERRUPTED,
}
"""What else may end a command: the words and the exit code."""


@click.group(invoke_without_command=True, epilog=_EXIT)
@click.option(
    "--bank", "address", envvar="BANK_URL", default="http://127.0.0.1:5000", show_default=True,
    help="Where the bank is (or BANK_URL).",
)  # fmt: skip
@click.pass_context
def console(context: click.Context, address: str) -> None:
    """The bank in a terminal. Without a command: menus."""
    context.obj["address"] = address
    if context.invoked_subcommand:
        return
    if not asking.interactive():
        raise click.UsageError("menus need a terminal; give a command")
    visit = Visit(address, Screen())
    try:
        menu.home(visit)
    finally:
        visit.close()


for _command in (*commands.ALL, banker):
    console.add_command(_command)


def main(arguments: list[str] | None = None) -> int:
    """Run the console; the exit code says what came of it."""
    said: dict[str, object] = {}
    try:
        code = console.main(arguments, prog_name="console", standalone_mode=False, obj=said)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Problem as problem:
        _tell(problem, as_json=bool(said.get("as_json")))
        return words.exit_code(problem)
    except tuple(_ENDS) as error:
        line, exit_code = next(end for kind, end in _ENDS.items() if isinstance(error, kind))
        Screen().warn(line.format(error))
        return exit_code
    return code if isinstance(code, int) else words.DONE


def _tell(problem: Problem, *, as_json: bool) -> None:
    """What went wrong, on standard error; a problem in JSON is the bank's own."""
    screen = Screen()
    if not as_json:
        screen.warn(*words.told(problem))
        return
    members = {"type": problem.type, "title": problem.title, "status": problem.status}
    more = {"detail": problem.detail, "outcome": problem.outcome, "key": problem.key}
    screen.json({**problem.facts, **members, **more}, error=True)


if __name__ == "__main__":
    sys.exit(main())

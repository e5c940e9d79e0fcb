"""The session that the README shows is what really happens."""

from __future__ import annotations

import re

import pyte

from tests.console.terminals import Home, Terminal, code_for
from tests.running import ROOT, RunningBank

_SIZE = (150, 100)
_PASSWORD = "four random words are long"
_ADDRESS = "dana@example.com"
_VARIES = {
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "REFERENCE",
    r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b": "TIME",
    r"\b\d{12}\b": "NUMBER",
    r"\b\d{6}\b": "CODE",
}
_BLOCK = re.compile(r"```text\n\$ make console\n(.*?)```", re.DOTALL)


def test_the_session_of_the_readme_happens(home: Home, demo_bank: RunningBank) -> None:
    bob = demo_bank.log_in("bob").get("/balance").json["account"]
    with Terminal(home, size=_SIZE) as terminal:
        terminal.goes(("Leave", "2"), ("user name", "dana"), ("Your name", "Dana Scott"))
        terminal.goes(("Phone", ""), ("E-mail", _ADDRESS), ("Choose a password", _PASSWORD))
        terminal.goes(("once more", _PASSWORD)).sees("Code")
        first = code_for(demo_bank, _ADDRESS)
        terminal.types(first).goes(("Leave", "1"), ("User name", "dana"), ("Password", _PASSWORD))
        terminal.goes(("stay logged in", "1"), ("Amount", "62.50"))
        terminal.goes(("stay logged in", "2"), ("Amount", "12.50"))
        terminal.goes(("stay logged in", "3"), ("To account", bob), ("Amount", "8"))
        terminal.goes(("What for", "lunch"), ("Send 8", "1")).sees("Code")
        terminal.types(code_for(demo_bank, _ADDRESS, first))
        terminal.goes(("stay logged in", "4"), ("stay logged in", "5"), ("stay logged in", "7"))
        terminal.goes(("Leave", "3")).ends()
        found = _on_screen(terminal.raw)
    [told] = _BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert _timeless(found) == _timeless(told), found


def _on_screen(raw: str) -> str:
    """What a person sees in the end."""
    screen = pyte.Screen(_SIZE[1], _SIZE[0])
    pyte.Stream(screen).feed(raw)
    return "\n".join(line.rstrip() for line in screen.display).rstrip() + "\n"


def _timeless(text: str) -> str:
    """The text without what another time has another of."""
    for pattern, name in _VARIES.items():
        text = re.sub(pattern, name, text)
    return re.sub(" +", " ", text)

"""Every way through the menus, in a real terminal, small and large."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.console.conftest import Newcomer, Reached
from tests.console.terminals import CTRL_C, LARGE, SMALL, Home, Terminal, code_for, with_an_app
from tests.make import PASSWORD as OWN
from tests.running import RunningBank

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
Size = tuple[int, int]
MENU = "Leave, and stay logged in"
FIRST = "Leave"
NEW = "amber-lantern-19"


@SIZES
def test_a_customer_logs_in_moves_money_and_logs_out(newcomer: Newcomer, size: Size) -> None:
    dana, erin = newcomer(), newcomer()
    name, to = dana.json("balance"), erin.json("balance")["account"]
    with Terminal(dana, size=size) as terminal:
        terminal.sees("Welcome, Dana Scott.", MENU).types("1")
        terminal.goes(("Amount", "12.50")).sees("Done.", "62.50", MENU).types("2")
        terminal.goes(("Amount", "2")).sees("Done.", "60.50", MENU).types("3")
        terminal.goes(("To account", to), ("Amount", "10"), ("What for", "lunch"))
        terminal.goes(("Send 10 to", "1")).sees("Done.", "50.50", MENU).types("4")
        terminal.sees("-10.00 USD", "lunch", "deposit", MENU).types("5")
        terminal.sees("Dana Scott", name["account"], "50.50", MENU).types("7")
        terminal.sees("Open an account", FIRST).types("3")
        terminal.sees("Good bye.")
        assert terminal.ends() == 0
    assert dana.files("login.json") == []


@SIZES
def test_an_account_is_opened_with_the_code_by_mail(
    home: Home, demo_bank: RunningBank, size: Size
) -> None:
    name = f"new{uuid4().hex[:8]}"
    address = f"{name}@example.com"
    with Terminal(home, size=size) as terminal:
        terminal.goes((FIRST, "2"), ("user name", name), ("Your name", "New Person"))
        terminal.goes(("Phone", ""), ("E-mail", "nonsense"))
        terminal.sees("has an @").presses("\x15").types(address)
        terminal.goes(("Choose a password", OWN), ("once more", "other"), ("not the same", OWN))
        terminal.goes(("once more", OWN)).sees("Code")
        terminal.types(code_for(demo_bank, address)).sees("Account created", FIRST).types("1")
        terminal.goes(("User name", name), ("Password", OWN)).sees("Welcome, New Person.")
        assert OWN not in terminal.heard
    [_, bare] = [name, home.json("balance")]
    assert bare["balance"]["amount"] == "0.00"


@SIZES
def test_a_wrong_code_opens_nothing(home: Home, size: Size) -> None:
    name = f"new{uuid4().hex[:8]}"
    with Terminal(home, size=size) as terminal:
        terminal.goes((FIRST, "2"), ("user name", name), ("Your name", "New"), ("Phone", ""))
        terminal.goes(("E-mail", f"{name}@example.com"), ("Choose a password", OWN))
        terminal.goes(("once more", OWN), ("Code", "000000"))
        terminal.sees("Invalid code", "Open an account", FIRST).types("3").sees("Good bye.")


@SIZES
def test_who_is_unknown_may_open_an_account(home: Home, size: Size) -> None:
    with Terminal(home, size=size) as terminal:
        terminal.goes((FIRST, "1"), ("User name", "nobody-here"), ("Password", "wrong-password"))
        terminal.sees("is wrong", "Are you new here?").types("1")
        terminal.sees("Choose a user name").types("")
        terminal.sees("Back to the menu", FIRST)
        assert "wrong-password" not in terminal.heard


@SIZES
def test_who_has_an_app_logs_in_with_a_code(newcomer: Newcomer, size: Size) -> None:
    dana = newcomer()
    name, codes = with_an_app(dana)
    dana.run("logout")
    with Terminal(dana, size=size) as terminal:
        terminal.goes((FIRST, "1"), ("User name", name), ("Password", OWN))
        terminal.goes(("Code (app or recovery code)", "000000"), ("try again", codes[0]))
        terminal.sees("Welcome, Dana Scott.", MENU)


@SIZES
def test_money_for_somebody_new_needs_the_code(
    reached: Reached, newcomer: Newcomer, demo_bank: RunningBank, size: Size
) -> None:
    to = newcomer().json("balance")["account"]
    with Terminal(reached.home, size=size) as terminal:
        terminal.sees(MENU).types("3")
        terminal.goes(("To account", to), ("Amount", "5"), ("What for", ""))
        terminal.goes(("Send 5 to", "1"), ("Code", "000000"))
        terminal.sees("Invalid code, try again", "Code")
        terminal.types(code_for(demo_bank, reached.address, reached.used)).sees("Done.", MENU)


@SIZES
def test_a_password_is_changed_with_the_current_one_and_a_code(
    reached: Reached, demo_bank: RunningBank, size: Size
) -> None:
    with Terminal(reached.home, size=size) as terminal:
        terminal.sees(MENU).types("6")
        terminal.goes(("Current password", OWN), ("New password", NEW), ("once more", "no"))
        terminal.sees("not the same", MENU).types("6")
        terminal.goes(("Current password", OWN), ("New password", NEW), ("once more", NEW))
        terminal.sees("Code").types(code_for(demo_bank, reached.address, reached.used))
        terminal.sees("Password changed", MENU)
        assert NEW not in terminal.heard
        assert OWN not in terminal.heard
    assert reached.home.log_in(reached.name, NEW).run("balance").returncode == 0


@SIZES
def test_wrong_input_is_told_and_asked_again(newcomer: Newcomer, size: Size) -> None:
    with Terminal(newcomer(), size=size) as terminal:
        terminal.sees(MENU).types("1").sees("Amount").types("much")
        terminal.sees("digits with a point").presses("\x15").types("0").sees("more than zero")
        terminal.presses("\x15").types("").sees("Back to the menu", MENU).types("2")
        terminal.goes(("Amount", "60")).sees("available: 50.00 USD", MENU).types("3")
        terminal.goes(("To account", "12"), ("Amount", "1"), ("What for", ""), ("Send 1", "1"))
        terminal.sees("account", MENU)


@SIZES
def test_no_is_no(newcomer: Newcomer, size: Size) -> None:
    dana = newcomer()
    with Terminal(dana, size=size) as terminal:
        terminal.sees(MENU).types("3")
        terminal.goes(("To account", "100000000093"), ("Amount", "1"), ("What for", ""))
        terminal.goes(("Send 1", "2")).sees("Back to the menu", MENU)
    assert dana.json("balance")["balance"]["amount"] == "50.00"


@SIZES
def test_a_banker_sees_the_bank_and_freezes(newcomer: Newcomer, home: Home, size: Size) -> None:
    number = newcomer().json("balance")["account"]
    with Terminal(home.log_in("teller"), size=size) as terminal:
        terminal.sees(MENU).types("1").goes(("Which ones?", "2"), ("begins with", number))
        terminal.sees(number, "open", MENU).types("3").goes(("Account number", number))
        terminal.goes(("Back", "1"), ("Why", "no")).sees("three letters").types(" good reason")
        terminal.sees("Frozen.", "frozen", MENU).types("3").goes(("Account number", number))
        terminal.goes(("Back", "1"), ("Why", "found again")).sees("Proposed", MENU).types("5")
        terminal.goes(("How much?", "1")).sees("in order", MENU).types("6")
        terminal.sees("New transactions as they happen", "USD").presses(CTRL_C)
        terminal.sees("The feed has ended.", MENU).types("4")
        terminal.goes(("Which one?", "1"), ("And now?", "2"), ("Why", "tested")).sees("rejected")
        terminal.sees(MENU).types("8").sees(FIRST)


@SIZES
def test_another_banker_approves(
    newcomer: Newcomer, home: Home, demo_bank: RunningBank, tmp_path: Path, size: Size
) -> None:
    number = newcomer().json("balance")["account"]
    teller = home.log_in("teller")
    teller.json("banker", "freeze", number, "--reason", "reported stolen")
    teller.json("banker", "unfreeze", number, "--reason", "found")
    approver = Home(tmp_path / "approver", demo_bank.address).log_in("approver")
    with Terminal(approver, size=size) as terminal:
        terminal.sees(MENU).types("4").goes(("Which one?", "1")).sees("frozen > open")
        terminal.goes(("And now?", "1"), ("Why", "")).sees("executed", MENU)


@SIZES
def test_new_transactions_appear_in_the_feed(newcomer: Newcomer, home: Home, size: Size) -> None:
    dana = newcomer()
    with Terminal(home.log_in("teller"), "banker", "live", size=size) as terminal:
        terminal.sees("as they happen", "USD")
        dana.json("deposit", "7.77")
        terminal.sees("7.77 USD").presses(CTRL_C).sees("The feed has ended.")
        assert terminal.ends() == 0


@SIZES
def test_a_long_list_goes_through_the_pager(alice: Home, size: Size) -> None:
    with Terminal(alice, "transactions", "--limit", "60", size=size) as terminal:
        terminal.sees("time", "\r\n:").presses("q")
        assert terminal.ends() == 0


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_table_fits_the_terminal(alice: Home, size: Size) -> None:
    with Terminal(alice, "transactions", "--limit", "15", size=size) as terminal:
        assert terminal.ends() == 0
        lines = terminal.heard.splitlines()
    assert len(lines) == 16
    assert max(map(len, lines)) <= size[1]


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_only_where_they_are_wanted(
    alice: Home, more: dict[str, str], coloured: bool
) -> None:
    home = Home(alice.folder, alice.address, more)
    with Terminal(home, "deposit", "1") as terminal:
        assert terminal.ends() == 0
        assert ("\x1b[32m" in terminal.raw) is coloured

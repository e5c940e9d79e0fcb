"""What the bank says in the terminal of whoever started it."""

from __future__ import annotations

import sys
from pathlib import Path

from app.config import Config
from app.controllers import demo, demo_shop


def welcome(config: Config, data_dir: Path | None, shop: str = "") -> str:
    """What there is and who can log in; `data_dir` is that of a MongoDB of our own, `shop` the
    address of the demo's."""
    address = f"http://{config.host}:{config.port}"
    lines = [
        "",
        f"{config.bank_name} is open at {address}",
        f"  Website              {address}/",
        f"  Bankers' desk        {address}/desk",
        f"  API and Swagger UI   {address}/docs",
        f"  OpenAPI description  {address}/openapi.json",
        "  Postman collection   postman/",
        f"  In a terminal        {_console(address)}",
    ]
    if shop:
        lines.append(f"  A shop to pay at     {shop}/")
    if data_dir:
        lines.append(f"  MongoDB's files      {data_dir}")
    if config.demo and config.mail_url.reveal() == "console:":
        lines.append(f"  Mails, not sent      {address}/dev/outbox, and here")
    if config.demo:
        people = f"customers {', '.join(demo.CUSTOMERS)}; bankers {', '.join(demo.BANKERS)}"
        lines += [f"  Log in as            {people}", f"  Password of all      {demo.PASSWORD}"]
    if shop:
        lines.append(
            f"  PIN of customers     {demo_shop.PIN}, with the account number of their page"
        )
    return "\n".join([*lines, "Ctrl-C stops it.", ""])


def _console(address: str) -> str:
    """What starts the terminal bank here."""
    usual = f"http://{Config.host}:{Config.port}"
    return "make console" if address == usual else f"BANK_URL={address} make console"


def say(text: str) -> None:
    """A line for whoever started the bank."""
    if text:
        sys.stderr.write(f"{text}\n")

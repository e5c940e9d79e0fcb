"""The shop's settings: read from the environment once, checked, then frozen.

The shop is a program of its own and shares no code with the bank but `money.py`; where a setting
means the same to both (ENVIRONMENT, HOST, LOG_LEVEL), they read the same variable.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from money import InvalidMoney, decimals_of


class UnsafeConfig(Exception):
    """The settings cannot be used; the message names the setting and what would do, no values."""


class Secret:
    """A text that never shows itself in logs, errors or representations."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


def _setting(default: Any, variable: str, about: str) -> Any:
    return field(default=default, metadata={"variable": variable, "about": about})


@dataclass(frozen=True)
class Config:
    """All settings, each with the environment variable that it comes from."""

    environment: str = _setting(
        "development", "ENVIRONMENT", "development or production (refuses unsafe values)"
    )
    host: str = _setting("127.0.0.1", "HOST", "address to listen on")
    log_level: str = _setting("INFO", "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR")
    mail_url: Secret = _setting(
        Secret("console:"),
        "SHOP_MAIL_URL",
        "console: (the terminal) or smtp://user:password@host:587, for the shop's mails",
    )
    port: int = _setting(5001, "SHOP_PORT", "port that the shop listens on")
    url: str = _setting(
        "",
        "SHOP_URL",
        "where people reach the shop, as the bank knows it for the way back; empty: "
        "http://HOST:SHOP_PORT",
    )
    name: str = _setting("Patchbay", "SHOP_NAME", "the name on every page of the shop")
    mongo_uri: Secret = _setting(
        Secret(""), "SHOP_MONGO_URI", "the shop's MongoDB, a replica set; empty: as MONGO_URI"
    )
    database: str = _setting("shop", "SHOP_DATABASE", "name of the shop's database")
    secret_key: Secret = _setting(
        Secret(""),
        "SHOP_SECRET_KEY",
        "at least 32 random characters, none of the bank's; signs cookies and forms of the shop",
    )
    bank_url: str = _setting(
        "http://127.0.0.1:5000", "BANK_URL", "where the shop's server reaches the bank"
    )
    bank_pages_url: str = _setting(
        "",
        "BANK_PAGES_URL",
        "what the addresses of the bank's payment pages begin with, to which the shop sends its "
        "customers; empty: BANK_URL",
    )
    bank_key: str = _setting("", "SHOP_BANK_KEY", "the shop's key at the bank (mk_...)")
    bank_secret: Secret = _setting(
        Secret(""), "SHOP_BANK_SECRET", "the secret of that key (sks_...)"
    )
    webhook_secret: Secret = _setting(
        Secret(""),
        "SHOP_WEBHOOK_SECRET",
        "what the bank signs its webhooks to the shop with (whsec_...); two with a comma while it "
        "changes",
    )
    currency: str = _setting("USD", "SHOP_CURRENCY", "the currency of all prices")
    mail_from: str = _setting(
        "shop@localhost", "SHOP_MAIL_FROM", "the address that the shop's mails come from"
    )
    secure_cookies: bool = _setting(
        True,
        "SECURE_COOKIES",
        "cookies for https:// and this computer alone; off for a browser that keeps none on "
        "http://127.0.0.1 (Safari), refused in production",
    )

    def __post_init__(self) -> None:
        _check(self)
        if self.environment == "production":
            _check_production(self)

    @property
    def production(self) -> bool:
        """Whether real customers are served."""
        return self.environment == "production"

    @property
    def address(self) -> str:
        """What every link to the shop begins with."""
        return self.url or f"http://{self.host}:{self.port}"

    @property
    def pay_pages(self) -> str:
        """What the address of every payment page begins with."""
        return self.bank_pages_url or self.bank_url

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What a webhook may be signed with."""
        texts = self.webhook_secret.reveal().split(",")
        return tuple(text.strip() for text in texts if text.strip())

    def key(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, derived from SHOP_SECRET_KEY."""
        master = self.secret_key.reveal().encode()
        return hmac.digest(master, f"shop {purpose} v1".encode(), "sha256")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **overrides: Any) -> Config:
        """Read the settings; `NAME_FILE` names a file that holds the value. Raises UnsafeConfig."""
        values = {
            each.name: _read(each.metadata["variable"], text, each.default)
            for each in fields(cls)
            if (text := _text(environ, each.metadata["variable"]))
        }
        if "mongo_uri" not in values and (uri := _text(environ, "MONGO_URI")):
            values["mongo_uri"] = Secret(uri)
        return cls(**{**values, **overrides})


def _text(environ: Mapping[str, str], name: str) -> str | None:
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise UnsafeConfig(f"{name}_FILE cannot be read as text.") from None
    return environ.get(name)


def _read(name: str, text: str, default: object) -> object:
    if isinstance(default, Secret):
        return Secret(text)
    if isinstance(default, bool):
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() not in words:
            raise UnsafeConfig(f"{name} is true or false.")
        return words[text.lower()]
    if isinstance(default, int):
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UnsafeConfig(f"{name} is a whole number, for example 5001.")
        return int(text)
    return text


_URL = re.compile(r"\Ahttps?://[^/?#@\s]+(/[^?#@\s]*[^/?#@\s])?\Z")
_MAIL = re.compile(r"\A(console:|smtp://([^:@/]+:[^:@/]+@)?[^:@/]+(:[0-9]{1,5})?/?)\Z")
_MAILBOX = re.compile(r"\A[^@\s<>,;:]+@[^@\s<>,;:]+\Z", re.ASCII)


def _check(config: Config) -> None:
    """Refuse what no shop can run with."""
    if config.environment not in ("development", "production"):
        raise UnsafeConfig("ENVIRONMENT is development or production.")
    if not 1 <= config.port <= 65535:
        raise UnsafeConfig("SHOP_PORT is a number from 1 to 65535.")
    addresses = {
        "SHOP_URL": config.address, "BANK_URL": config.bank_url, "BANK_PAGES_URL": config.pay_pages,
    }  # fmt: skip
    for name, address in addresses.items():
        if not _URL.match(address):
            raise UnsafeConfig(f"{name} is like https://example.com, without a / at its end.")
    if not _MAIL.match(config.mail_url.reveal()):
        raise UnsafeConfig("SHOP_MAIL_URL is console: or smtp://user:password@host:port.")
    if not _MAILBOX.match(config.mail_from):
        raise UnsafeConfig("SHOP_MAIL_FROM is an address such as shop@example.com.")
    try:
        decimals_of(config.currency)
    except InvalidMoney as error:
        raise UnsafeConfig(f"SHOP_CURRENCY: {error}.") from None


# SHA-256 of what stands in for a secret in documents and examples.
_SHIPPED = frozenset(
    hashlib.sha256(text.encode()).hexdigest() for text in ("", "change-me", "changeme", "secret")
)


def _check_production(config: Config) -> None:
    """Refuse what only a developer may run with. Names settings, never values."""
    key = config.secret_key.reveal()
    if len(key) < 32 or hashlib.sha256(key.encode()).hexdigest() in _SHIPPED:
        raise UnsafeConfig("SHOP_SECRET_KEY must be at least 32 random characters.")
    if not config.secure_cookies:
        raise UnsafeConfig("SECURE_COOKIES must be on in production.")
    if not config.address.startswith("https://") or not config.pay_pages.startswith("https://"):
        raise UnsafeConfig("SHOP_URL and BANK_PAGES_URL begin with https:// in production.")
    if not (config.bank_key and config.bank_secret.reveal() and config.webhook_secrets):
        raise UnsafeConfig("SHOP_BANK_KEY, SHOP_BANK_SECRET and SHOP_WEBHOOK_SECRET must be set.")

"""The bank's settings: read from the environment once, checked, then frozen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from money import InvalidMoney, Money, decimals_of

EXIT_CONFIG = 78
"""The exit code of a bank that refuses to start with its settings (EX_CONFIG of sysexits.h)."""

# SHA-256 of every secret that was ever published in this repository or in its documentation.
_SHIPPED_SECRETS = frozenset(
    hashlib.sha256(text.encode()).hexdigest()
    for text in ("", "change-me", "changeme", "secret", "dev", "super-secret", "your-secret-key")
)


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


def _setting(default: Any, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Config:
    """All settings; the environment variable is the field's name in capitals."""

    environment: str = _setting("development", "development or production (refuses unsafe values)")
    secret_key: Secret = _setting(Secret(""), "at least 32 random characters; signs tokens")
    secret_key_previous: Secret = _setting(
        Secret(""),
        "the SECRET_KEY before this one, for at least a day, and until `flask --app run.py "
        "secrets in-use` says that nothing needs it",
    )
    mongo_uri: Secret = _setting(
        Secret(""), "a replica set or Atlas; empty: a mongod of our own in DATA_DIR"
    )
    mongo_database: str = _setting("strongroom", "name of the database")
    mongo_pool: int = _setting(100, "connections to MongoDB, at least the number of threads")
    data_dir: Path = _setting(Path("data"), "where our own mongod keeps its files")
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(5000, "port to listen on")
    threads: int = _setting(64, "requests served at once")
    one_processor: bool = _setting(
        True, "keep the server's threads on one processor (Linux), which is faster"
    )
    demo: bool = _setting(False, "demo identities and history; refused in production")
    shop: bool = _setting(False, "serve the demo's shop as well, on SHOP_PORT; needs DEMO")
    flask_debug: bool = _setting(False, "Flask's debugger, for developers; refused in production")
    public_url: str = _setting(
        "", "where people reach the bank, for links in its mails; empty: http://HOST:PORT"
    )
    bankers_second_factor: bool = _setting(
        True, "bankers need an authenticator app, but for a demo; off is refused in production"
    )
    bank_name: str = _setting("Strongroom", "the name on every page")
    currencies: tuple[str, ...] = _setting(
        ("USD", "EUR", "GBP", "JPY", "KWD"), "currencies of accounts, the first is the default"
    )
    limit_per_posting: str = _setting(
        "10000,JPY:1500000",
        "largest deposit, withdrawal or transfer, major units; own per currency",
    )
    limit_daily_deposits: str = _setting(
        "20000,JPY:3000000", "deposits per account and day (UTC), major units"
    )
    limit_daily_spending: str = _setting(
        "10000,JPY:1500000", "withdrawals and transfers per account and day (UTC), major units"
    )
    unconfirmed_daily_limit: str = _setting(
        "200,JPY:30000",
        "deposits, and spending, per account and day without a confirmed address, major units",
    )
    limit_per_payment: str = _setting(
        "5000,JPY:750000", "most that a shop may ask for in one payment, major units"
    )
    payment_hold_days: int = _setting(
        7, "how long money is held for a shop that captures it later, in days"
    )
    step_up_above: str = _setting(
        "50,JPY:7500", "money out above this asks for a second factor, major units"
    )
    allow_direct_pin: bool = _setting(
        False, "shops whose contract has it may ask for PINs on pages of their own: POST /payments"
    )
    max_accounts: int = _setting(10, "accounts one customer may have")
    max_sessions: int = _setting(5, "sessions one person may have; the oldest ends")
    password_min_length: int = _setting(8, "shortest password")
    access_token_minutes: int = _setting(
        10, "life of a customer's access token; a banker's is half"
    )
    session_hours: int = _setting(12, "life of a customer's session; a banker's is two thirds")
    idle_minutes: int = _setting(
        5, "a customer who does nothing on the website for so long is logged out; a banker: 3 times"
    )
    secure_cookies: bool = _setting(
        True,
        "cookies for https:// and this computer alone; off for a browser that keeps none on "
        "http://127.0.0.1 (Safari), refused in production",
    )
    hashes_at_once: int = _setting(4, "password hashes computed at once")
    hash_queue: int = _setting(32, "log-ins that wait for a hash before 503")
    ledger_queue: int = _setting(1024, "postings that wait for the ledger before 503")
    mail_url: Secret = _setting(
        Secret("console:"),
        "console: (the terminal), smtp://user:password@host:587 or https:// of a provider",
    )
    mail_key: Secret = _setting(Secret(""), "the bearer key of a provider at https://")
    mail_from: str = _setting("bank@localhost", "the address that the bank's mails come from")
    trusted_hosts: tuple[str, ...] = _setting((), "host names the bank answers to; empty: any")
    ratelimit_enabled: bool = _setting(
        True, "slow down who tries too often; off for load tests alone, refused in production"
    )
    proxy_hops: int = _setting(0, "reverse proxies in front of the bank, exactly")
    cors_origins: tuple[str, ...] = _setting((), "origins of front ends that may use the API")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    def __post_init__(self) -> None:
        _check_values(self)
        if self.production:
            _check_production(self)

    @property
    def production(self) -> bool:
        """Whether real customers are served."""
        return self.environment == "production"

    @property
    def address(self) -> str:
        """What every link to the bank begins with."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def bankers_need_an_app(self) -> bool:
        """Whether bankers log in with an authenticator app or not at all."""
        return self.bankers_second_factor and not self.demo

    @property
    def currency(self) -> str:
        """The currency of an account for which none is asked."""
        return self.currencies[0]

    def key(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, derived from SECRET_KEY; no two purposes share one."""
        return self.keys(purpose)[0]

    def keys(self, purpose: str) -> list[bytes]:
        """The key that makes new things, then those that old ones may still be made with."""
        masters = [self.secret_key.reveal()]
        if previous := self.secret_key_previous.reveal():
            masters.append(previous)
        return [_derived(master, purpose) for master in masters]

    def keys_by_id(self, purpose: str) -> dict[str, bytes]:
        """The keys as `keys` has them, by the names that are stored with what they made."""
        return {key_id(purpose, key): key for key in self.keys(purpose)}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **overrides: Any) -> Config:
        """Read the settings; `NAME_FILE` names a file that holds the value. Raises UnsafeConfig."""
        values = {
            f.name: _read(f.name.upper(), text, f.default)
            for f in fields(cls)
            if (text := _text(environ, f.name.upper())) is not None
        }
        return cls(**{**values, **overrides})

    def limit(self, setting: str, currency: str) -> Money:
        """A limit such as `limit_per_posting`, in that currency."""
        return _limits(setting, getattr(self, setting), currency)


def key_id(name: str, key: bytes) -> str:
    """The name of a key: it tells one key from the next, and nothing else."""
    return f"{name}-{hashlib.sha256(b'key id' + key).hexdigest()[:12]}"


def _derived(master: str, purpose: str) -> bytes:
    """HKDF-SHA-256 (RFC 5869) with the purpose as its fixed label."""
    label = f"strongroom {purpose} v1".encode()
    return HKDF(hashes.SHA256(), length=32, salt=None, info=label).derive(master.encode())


def _text(environ: Mapping[str, str], name: str) -> str | None:
    """The setting's text, from the variable or from the file that `NAME_FILE` names."""
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UnsafeConfig(f"{name}_FILE cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise UnsafeConfig(f"{name}_FILE is not text in UTF-8.") from None
    return environ.get(name) or None


def _read(name: str, text: str, default: object) -> object:
    """The text as the type of the setting's default."""
    if isinstance(default, Secret | Path):
        return type(default)(text)
    if isinstance(default, bool):
        return _boolean(name, text)
    if isinstance(default, int):
        return _integer(name, text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _boolean(name: str, text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise UnsafeConfig(f"{name} is true or false.")
    return words[text.lower()]


def _integer(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UnsafeConfig(f"{name} is a whole number, for example 64.")
    return int(text)


def _limits(setting: str, text: str, currency: str) -> Money:
    """ "10000,JPY:1500000" as the limit in one currency."""
    default, *others = (part.strip() for part in text.split(","))
    if not all(re.match(r"\A[A-Z]{3}:", part) for part in others):
        raise UnsafeConfig(f"{setting.upper()} is an amount, then CURRENCY:AMOUNT, with commas.")
    own = dict(part.split(":", 1) for part in others)
    try:
        limit = Money.parse(own.get(currency, default).strip(), currency)
    except InvalidMoney as error:
        raise UnsafeConfig(f"{setting.upper()} cannot be read for {currency}: {error}.") from None
    if limit.minor < 1:
        raise UnsafeConfig(f"{setting.upper()} is above zero.")
    return limit


_AMOUNTS = (
    "limit_per_posting", "limit_daily_deposits", "limit_daily_spending",
    "unconfirmed_daily_limit", "limit_per_payment", "step_up_above",
)  # fmt: skip
_AT_LEAST_ONE = (
    "threads", "max_accounts", "max_sessions", "password_min_length", "access_token_minutes",
    "session_hours", "idle_minutes", "hashes_at_once", "ledger_queue", "payment_hold_days",
)  # fmt: skip


def _check_values(config: Config) -> None:
    """Refuse what no bank can run with."""
    if config.environment not in ("development", "production"):
        raise UnsafeConfig("ENVIRONMENT is development or production.")
    if not 1 <= config.port <= 65535:
        raise UnsafeConfig("PORT is a number from 1 to 65535.")
    if config.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise UnsafeConfig("LOG_LEVEL is DEBUG, INFO, WARNING or ERROR.")
    for name in _AT_LEAST_ONE:
        if getattr(config, name) < 1:
            raise UnsafeConfig(f"{name.upper()} is at least 1.")
    if config.mongo_pool < config.threads:
        raise UnsafeConfig("MONGO_POOL is at least THREADS, or requests wait for a connection.")
    previous = config.secret_key_previous.reveal()
    if previous and previous == config.secret_key.reveal():
        raise UnsafeConfig("SECRET_KEY_PREVIOUS is SECRET_KEY itself: make a new SECRET_KEY.")
    if not _URL.match(config.address):
        raise UnsafeConfig("PUBLIC_URL is like https://bank.example.com, without a / at its end.")
    if config.shop and not config.demo:
        raise UnsafeConfig("SHOP is the demo's shop: it needs DEMO.")
    _check_mail(config)
    _check_currencies(config)


_URL = re.compile(r"\Ahttps?://[^/?#@\s]+(/[^?#@\s]*[^/?#@\s])?\Z")
_MAIL_WAYS = {
    "console": r"console:",
    "smtp": r"smtp://([^:@/]+:[^:@/]+@)?[^:@/]+(:[0-9]{1,5})?/?",
    "https": r"https://[^@\s]+",
}
_ADDRESS = re.compile(r"\A[^@\s<>,;:]+@[^@\s<>,;:]+\Z", re.ASCII)


def _check_mail(config: Config) -> None:
    url = config.mail_url.reveal()
    way = _MAIL_WAYS.get(url.partition(":")[0])
    if way is None or not re.fullmatch(way, url):
        raise UnsafeConfig(
            "MAIL_URL is console:, smtp://user:password@host:port or the https:// address of a "
            "provider's API; write @ : / in a user or password as %40 %3A %2F."
        )
    if url.startswith("https:") and not config.mail_key.reveal():
        raise UnsafeConfig("MAIL_KEY must be the provider's key where MAIL_URL is https://.")
    if not _ADDRESS.match(config.mail_from):
        raise UnsafeConfig("MAIL_FROM is an address such as bank@example.com.")


def _check_currencies(config: Config) -> None:
    if not config.currencies:
        raise UnsafeConfig("CURRENCIES names at least one currency, for example USD.")
    for currency in config.currencies:
        try:
            decimals_of(currency)
        except InvalidMoney as error:
            raise UnsafeConfig(f"CURRENCIES: {error}.") from None
        for setting in _AMOUNTS:
            config.limit(setting, currency)


_TLS_UNDONE = (
    "tls=false", "ssl=false", "tlsinsecure=true", "tlsallowinvalidcertificates=true",
    "tlsallowinvalidhostnames=true",
)  # fmt: skip


_SWITCHES = {
    "demo": (False, "off in production: everybody knows its passwords."),
    "flask_debug": (False, "off in production: it shows and runs code."),
    "bankers_second_factor": (True, "on in production."),
    "ratelimit_enabled": (True, "on in production."),
    "secure_cookies": (True, "on in production: cookies would travel without TLS."),
}


def _check_production(config: Config) -> None:
    """Refuse what only a developer may run with. Names settings, never values."""
    for name, (must, how) in _SWITCHES.items():
        if getattr(config, name) is not must:
            raise UnsafeConfig(f"{name.upper()} must be {how}")
    if weak_secret(config.secret_key):
        raise UnsafeConfig(
            "SECRET_KEY must be at least 32 random characters that were never published; "
            "make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    others = (config.mail_key, config.mail_url, config.mongo_uri)
    if any(config.secret_key.reveal() in other.reveal() for other in others):
        raise UnsafeConfig("SECRET_KEY must be used for nothing else, such as mails or MongoDB.")
    previous = config.secret_key_previous
    if previous.reveal() and weak_secret(previous):
        raise UnsafeConfig("SECRET_KEY_PREVIOUS was never good enough: leave it empty.")
    _check_mongo(config.mongo_uri.reveal())
    if config.mail_url.reveal() == "console:":
        raise UnsafeConfig("MAIL_URL must send mails in production: smtp:// or https://.")
    if not config.public_url.startswith("https://"):
        raise UnsafeConfig("PUBLIC_URL must begin with https:// in production.")
    if config.password_min_length < 8:
        raise UnsafeConfig("PASSWORD_MIN_LENGTH is at least 8 in production.")
    if not config.trusted_hosts:
        raise UnsafeConfig("TRUSTED_HOSTS must name the bank's host names in production.")


def _check_mongo(uri: str) -> None:
    if not uri:
        raise UnsafeConfig("MONGO_URI must name a replica set in production.")
    if "@" not in uri and "authMechanism=" not in uri:
        raise UnsafeConfig("MONGO_URI must carry credentials in production.")
    if not uri.startswith("mongodb+srv://") and "tls=true" not in uri.lower():
        raise UnsafeConfig("MONGO_URI must use TLS in production (tls=true).")
    if any(option in uri.lower() for option in _TLS_UNDONE):
        raise UnsafeConfig("MONGO_URI must not switch TLS or its checks off in production.")


def weak_secret(secret: Secret) -> bool:
    """Whether a secret is too short, too plain, or was published in this repository."""
    text = secret.reveal()
    published = hashlib.sha256(text.encode()).hexdigest() in _SHIPPED_SECRETS
    return published or len(text) < 32 or len(set(text)) < 10

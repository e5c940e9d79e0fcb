"""The bank as a program.

`python run.py` (which `make run` calls) starts a real MongoDB of its own, migrates, loads the demo
when DEMO is on, and serves; one Ctrl-C stops it all. `flask --app run.py ...` finds `create_app`
here; beside a running bank it uses the MongoDB of that one.
"""

from __future__ import annotations

import atexit
import hmac
import os
import secrets
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from dotenv import load_dotenv
from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

import app as strongroom
import beside
import worker
from app.config import EXIT_CONFIG, Config, Secret, UnsafeConfig
from app.controllers import demo
from app.controllers.bank import install_least_privilege, migrate, open_bank
from app.errors import BankError
from app.models.database import DriverError, connect, now
from app.views.gate import WAITING
from app.views.terminal import say, welcome
from embedded_mongo import EmbeddedMongo, EmbeddedMongoError, MongodFailed, running_uri

_PREPARING = frozenset({"migrate", "roles"})
_STOP_SECONDS = 10
_LOOK_SECONDS = 0.5
_BANK_USER = "bank"
_WELCOME = "STRONGROOM_WELCOME"


def create_app() -> Flask:
    """The application for `flask --app run.py` and for the workers of `python run.py`."""
    serving = worker.follow_parent()
    try:
        config = _settings()
        if serving and config.one_processor:
            worker.use_one_processor()
        if not config.mongo_uri.reveal():
            config = _with_own_mongo(config)
        # What prepares a database must run on one that is not prepared.
        app = strongroom.create_app(config, migrated=_PREPARING.isdisjoint(sys.argv))
    except (UnsafeConfig, BankError, EmbeddedMongoError, DriverError) as error:
        say(_why(error))
        sys.exit(EXIT_CONFIG)
    if serving or "run" in sys.argv:  # not beside a command such as `ledger verify`
        app.extensions["background"].start()
    if serving:
        # Who listens to the feed would keep the server from ending.
        worker.when_told_to_end(app.extensions["background"].end)
        worker.settle_memory()
    say(os.environ.pop(_WELCOME, ""))
    return app


def main() -> int:
    """Run everything until Ctrl-C or SIGTERM; the exit code says whether it went well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    mongo: EmbeddedMongo | None = None
    shop: beside.DemoShop | None = None
    try:
        config = _settings()
        _check_port(config.host, config.port, "PORT")
        if config.shop:
            _check_port(config.host, beside.port(), "SHOP_PORT")
        if not config.mongo_uri.reveal():
            mongo = EmbeddedMongo(config.data_dir, users=True)
            say("Starting MongoDB ...")
            config = _on_own_mongo(config, mongo.start())
        else:
            _migrate(config)
        _load_demo(config)
        shop = beside.started(config, mongo.uri if mongo else None)
        _serve(config, mongo, shop)
    except KeyboardInterrupt:
        return 0
    except (UnsafeConfig, BankError, EmbeddedMongoError, DriverError) as error:
        say(_why(error))
        return EXIT_CONFIG if isinstance(error, UnsafeConfig) else 1
    finally:
        if shop:
            shop.stop()
        if mongo:
            mongo.stop()
    say("Stopped.")
    return 0


def _settings() -> Config:
    """The settings; a developer's bank makes a secret of its own and keeps it in DATA_DIR."""
    load_dotenv()
    config = Config.from_environment(os.environ)
    if config.production or config.secret_key.reveal():
        return config
    return replace(config, secret_key=_kept_secret(config.data_dir))


def _kept_secret(data_dir: Path) -> Secret:
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        return Secret(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise UnsafeConfig(f"DATA_DIR {data_dir} cannot be used: {error.strerror}.") from None


def _with_own_mongo(config: Config) -> Config:
    """The MongoDB of a bank that runs on the same data folder, or one for this process alone."""
    uri = running_uri(config.data_dir)
    if uri is None:
        mongo = EmbeddedMongo(config.data_dir, users=True)
        atexit.register(mongo.stop)
        uri = mongo.start()
    return _on_own_mongo(config, uri)


def _on_own_mongo(config: Config, administrator_uri: str) -> Config:
    """Migrate our own MongoDB as its administrator; the bank itself runs as a user who cannot
    change what was written into the history."""
    password = hmac.digest(administrator_uri.encode(), b"the bank's user", "sha256").hex()
    database = connect(administrator_uri, config.mongo_database)
    try:
        migrate(database)
        install_least_privilege(database, _BANK_USER, password)
    finally:
        database.close()
    address = administrator_uri.partition("@")[2].partition("/")[0]
    name = config.mongo_database
    uri = f"mongodb://{_BANK_USER}:{password}@{address}/{name}?replicaSet=strongroom"
    return replace(config, mongo_uri=Secret(uri))


def _migrate(config: Config) -> None:
    database = connect(config.mongo_uri.reveal(), config.mongo_database)
    try:
        migrate(database)
    finally:
        database.close()


def _load_demo(config: Config) -> None:
    """Load the demo the first time."""
    if config.demo:
        database = connect(config.mongo_uri.reveal(), config.mongo_database)
        bank = open_bank(config, database, now)
        try:
            if not demo.loaded(bank):
                say("Loading demo customers and a few months of their history ...")
                demo.load(bank)
        finally:
            bank.ledger.close()
            database.close()


def _check_port(host: str, port: int, name: str) -> None:
    """Refuse a port that somebody uses, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"{host}:{port} cannot be used ({error.strerror}); choose another {name}."
            raise UnsafeConfig(message) from None


def _serve(config: Config, mongo: EmbeddedMongo | None, shop: beside.DemoShop | None) -> None:
    """Serve with a production WSGI server until a signal ends it."""
    os.environ["MONGO_URI"] = config.mongo_uri.reveal()
    os.environ["SECRET_KEY"] = config.secret_key.reveal()
    # For the worker to say, once it can serve.
    os.environ[_WELCOME] = welcome(
        config, mongo.data_dir if mongo else None, shop.address if shop else ""
    )
    server = Granian(
        "run:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        address=config.host,
        port=config.port,
        workers=1,
        blocking_threads=config.threads + WAITING,
        log_level=LogLevels.error,
        workers_kill_timeout=_STOP_SECONDS,
        working_dir=Path(__file__).parent,
    )
    if sys.platform != "win32":
        usual = signal.getsignal(signal.SIGHUP)
        server.on_startup(lambda: _end_with_terminal(usual))
    if mongo:
        threading.Thread(target=_end_with_mongo, args=(mongo,), daemon=True).start()
    try:
        server.serve()
    except SystemExit as end:
        if end.code:
            say("The server ended by itself; what it said stands above.")
        raise
    if mongo and not mongo.alive():
        raise MongodFailed(f"MongoDB ended, and so did the bank; see {mongo.data_dir}/mongod.log.")


def _end_with_mongo(mongo: EmbeddedMongo) -> None:
    """Stop a bank whose own MongoDB has ended, so that whoever started it starts it again."""
    while mongo.alive():
        time.sleep(_LOOK_SECONDS)
    if mongo.uri:
        os.kill(os.getpid(), signal.SIGTERM)


def _end_with_terminal(usual: object) -> None:
    """Let a terminal that is closed (SIGHUP) end the bank, unless it was started with nohup;
    granian would reload it either way."""
    ignored = usual is signal.SIG_IGN
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.getsignal(signal.SIGTERM))


def _why(error: Exception) -> str:
    """One sentence; the driver's own text may carry addresses and documents."""
    if isinstance(error, DriverError):
        kind = type(error).__name__
        return f"MongoDB cannot be used ({kind}): does it run where MONGO_URI says, for this user?"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())

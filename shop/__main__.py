"""The shop as a program: `python -m shop` prepares its database, fills its shelves and serves.

With `--beside` it is a neighbour of whoever started it: it ends when its standard input does, and
the demo's shopkeeper may log in.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from wsgiref.types import WSGIApplication

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

import shop
import worker
from shop.config import Config, UnsafeConfig
from shop.controllers import accounts, catalogue
from shop.controllers.shop import migrate
from shop.models.database import DriverError, connect

KEEPER = "keeper@example.com"
KEEPERS_PASSWORD = "strongroom-demo"  # noqa: S105 - published on purpose, for the demo alone
_THREADS = 16
_STOP_SECONDS = 5
_EXIT_CONFIG = 78


def create_app() -> WSGIApplication:
    """The application for the server's worker."""
    worker.follow_parent()
    app = shop.create_app()
    shop.start(app.extensions["shop"])
    return app


def main() -> int:
    """Serve until Ctrl-C, SIGTERM or, `--beside` somebody, their end."""
    parser = argparse.ArgumentParser(prog="python -m shop", description=__doc__)
    parser.add_argument("--beside", action="store_true", help="end when standard input does")
    beside = parser.parse_args().beside
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        config = Config.from_environment(os.environ)
        _prepare(config, demo=beside and not config.production)
    except (UnsafeConfig, DriverError) as error:
        click.echo(f"The shop: {error}", err=True)
        return _EXIT_CONFIG
    if beside:
        # Ctrl-C goes to all of the terminal; who is beside somebody is ended by them.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with_input, daemon=True).start()
    _serve(config)
    return 0


def _prepare(config: Config, *, demo: bool) -> None:
    database = connect(config.mongo_uri.reveal(), config.database)
    try:
        migrate(database)
    finally:
        database.close()
    app = shop.create_app(config)
    catalogue.load(app.extensions["shop"])
    if demo:
        accounts.make_admin(app.extensions["shop"], KEEPER, "Kim Keeper", KEEPERS_PASSWORD)
    app.extensions["shop"].database.close()


def _serve(config: Config) -> None:
    Granian(
        "shop.__main__:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        address=config.host,
        port=config.port,
        workers=1,
        blocking_threads=_THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=_STOP_SECONDS,
    ).serve()


def _end_with_input() -> None:
    # Not sys.stdin: the worker is forked meanwhile, and would wait for its lock.
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())

"""A shop for IT hardware: a program of its own that takes money through the bank, over HTTP.

`create_app` is the only place where its parts are joined.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from datetime import datetime

import click
from dotenv import load_dotenv
from flask import Flask

from shop.config import Config, UnsafeConfig
from shop.controllers.following import look_next
from shop.controllers.post import Post, carrier_of
from shop.controllers.rounds import Round
from shop.controllers.shop import Shop, unmigrated
from shop.controllers.till import Till, till_of
from shop.models.database import Database, DriverError, connect, is_lost, now
from shop.views import BLUEPRINTS, guards
from shop.views.commands import init_commands
from shop.views.edge import init_edge
from shop.views.html import init_html
from shop.views.logs import init_logs
from shop.views.problems import init_problems

MAX_BYTES = 64 * 1024


def create_app(
    config: Config | None = None,
    *,
    clock: Callable[[], datetime] = now,
    till: Till | None = None,
    migrated: bool | None = None,
) -> Flask:
    """The shop as a WSGI application. Call it in the process that serves, after any fork.

    Raises UnsafeConfig for settings that no shop may run with; with `migrated`, also when the
    database lacks what `flask --app shop migrate` makes, which itself must run without. `start`
    begins the work in the background; `flask --app shop run` has it begun.
    """
    config = _settings(config)
    if migrated is None:
        migrated = "migrate" not in sys.argv
    app = _application(config)
    app.extensions["shop"] = _open(config, clock, till or till_of(config), migrated)
    init_edge(app, config)
    init_html(app, config)
    init_problems(app, DriverError, is_lost)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    guards.deny_by_default(app)
    init_commands(app)
    if "run" in sys.argv:
        start(app.extensions["shop"])
    return app


def _settings(config: Config | None) -> Config:
    if config is None:
        load_dotenv()
        config = Config.from_environment(os.environ)
    if not config.secret_key.reveal():
        raise UnsafeConfig("SHOP_SECRET_KEY is not set; see .env.example.")
    if not config.mongo_uri.reveal():
        raise UnsafeConfig("SHOP_MONGO_URI is not set; `make run` brings a MongoDB of its own.")
    return config


def _open(config: Config, clock: Callable[[], datetime], till: Till, migrated: bool) -> Shop:
    init_logs(config.log_level)
    database = connect(config.mongo_uri.reveal(), config.database)
    if migrated:
        _check_database(database)
    return Shop(
        config, database, clock, till, Post(database, clock, carrier_of(config, click.echo))
    )


def start(shop: Shop) -> list[Round]:
    """Send mails and follow payments from now on, in threads; they end with the process."""
    rounds = [
        Round("mail", shop.post.send_next), Round("payments", lambda: look_next(shop)),
    ]  # fmt: skip
    for each in rounds:
        each.start()
        atexit.register(each.close)
    return rounds


def _application(config: Config) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.secret_key = config.key("cookies")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BYTES,
        # Cookies know no ports: on one computer, the bank's lie beside the shop's.
        SESSION_COOKIE_NAME="__Host-shop" if config.secure_cookies else "shop",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=90 * 24 * 3600,
    )
    return app


def _check_database(database: Database) -> None:
    """Refuse a database on which the shop could not keep what it promises."""
    if lacking := unmigrated(database):
        database.close()
        raise UnsafeConfig(
            f"The database lacks {', '.join(lacking[:3])}; run: flask --app shop migrate"
        )

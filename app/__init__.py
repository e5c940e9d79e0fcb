"""Strongroom: a bank. `create_app` is the only place where its parts are joined."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from dotenv import load_dotenv
from flask import Blueprint, Flask, Response
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Config, UnsafeConfig
from app.controllers.background import Background, background_of
from app.controllers.bank import Bank, open_bank, too_mighty, unmigrated
from app.models.database import Database, DriverError, connect, is_lost, now, within
from app.views import guards
from app.views.api import BLUEPRINTS
from app.views.api.dev import dev
from app.views.api.direct import direct
from app.views.assets import init_assets
from app.views.commands import init_commands
from app.views.cookies import init_cookies
from app.views.denials import init_denials
from app.views.edge import init_edge
from app.views.gate import init_gate
from app.views.html import init_html
from app.views.logs import init_logs
from app.views.pages import init_pages
from app.views.problems import init_problems
from app.views.rates import init_rates
from app.views.strict_json import MAX_BYTES, JSONProvider
from app.views.terminal import say
from app.views.tokens import init_tokens

_DATABASE_SECONDS = 5.0
_EXPOSED = [
    "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy",
    "Retry-After", "X-Request-Id",
]  # fmt: skip
_ALLOWED = [
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id",
]  # fmt: skip


class Strongroom(Flask):
    """The application, with the JSON of `views/strict_json.py`."""

    json_provider_class = JSONProvider

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view of the bank is a coroutine, and to look costs something on every call."""
        return func

    def full_dispatch_request(self) -> Response:
        """Answer within the time that one request has of the database."""
        # Bankers' reports may read everything there is; there each operation has its own time.
        with nullcontext() if guards.bankers_only() else within(_DATABASE_SECONDS):
            return super().full_dispatch_request()


def create_app(
    config: Config | None = None, *, clock: Callable[[], datetime] = now, migrated: bool = True
) -> Flask:
    """The bank as a WSGI application. Call it in the process that serves, after any fork.

    Raises UnsafeConfig for settings that no bank may run with; with `migrated`, also when the
    database lacks what the migration makes.
    """
    config = _settings(config)
    bank = _bank(config, clock, migrated)
    app = Strongroom(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BYTES, TRUSTED_HOSTS=list(config.trusted_hosts) or None
    )
    app.extensions.update(bank=bank, background=_background(bank))
    init_logs(config.log_level)
    init_problems(app, DriverError, is_lost)
    init_denials(app)
    init_edge(app, config)
    init_gate(app, config.threads)
    init_tokens(app, config)
    init_rates(app)
    init_cookies(app, config)
    init_html(app, config)
    for blueprint in (*BLUEPRINTS, *_switched_on(config)):
        app.register_blueprint(blueprint)
    init_assets(app)
    init_pages(app)
    guards.deny_by_default(app)
    init_commands(app)
    _outside(app, config)
    return app


def _switched_on(config: Config) -> list[Blueprint]:
    """What is not there unless a setting wants it."""
    both = ((config.demo, dev), (config.allow_direct_pin, direct))
    return [blueprint for wanted, blueprint in both if wanted]


def _settings(config: Config | None) -> Config:
    if config is None:
        load_dotenv()
        config = Config.from_environment(os.environ)
    if not config.secret_key.reveal():
        raise UnsafeConfig("SECRET_KEY is not set; see .env.example.")
    if not config.mongo_uri.reveal():
        raise UnsafeConfig("MONGO_URI is not set; `make run` brings a MongoDB of its own.")
    return config


def _bank(config: Config, clock: Callable[[], datetime], migrated: bool) -> Bank:
    database = connect(config.mongo_uri.reveal(), config.mongo_database, pool=config.mongo_pool)
    if migrated:
        try:
            _check_database(config, database)
        except BaseException:
            database.close()
            raise
    bank = open_bank(config, database, clock, say)
    # Finish the postings that were taken, then let go of the database.
    atexit.register(database.close)
    atexit.register(bank.ledger.close)
    return bank


def _background(bank: Bank) -> Background:
    """What runs beside the requests, once it is started."""
    background = background_of(bank)
    # Before the ledger closes, which they post to.
    atexit.register(background.close)
    return background


def _check_database(config: Config, database: Database) -> None:
    """Refuse a database on which the bank could not keep what it promises."""
    if lacking := unmigrated(database):
        raise UnsafeConfig(
            f"The database lacks {', '.join(lacking[:3])}; run: flask --app run.py database migrate"
        )
    if not database.transactional():
        raise UnsafeConfig("MONGO_URI must name a replica set: money needs transactions.")
    if config.production and (beyond := too_mighty(database)):
        raise UnsafeConfig(
            f"The user of MONGO_URI may do more than the bank needs, such as {beyond[0]}; "
            "run: flask --app run.py database roles, and give it the role strongroomApp alone."
        )


def _outside(app: Flask, config: Config) -> None:
    """What stands between the application and the network, as far as it is asked for."""
    if config.cors_origins:
        CORS(
            app,
            origins=list(config.cors_origins),
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
            max_age=600,
        )
    if hops := config.proxy_hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )

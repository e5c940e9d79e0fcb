"""A route that verifies the token and checks the body as the bank does, and stops there."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, request

from app import Strongroom
from app.config import Config
from app.controllers.orders import DepositSchema
from app.models.database import DriverError, is_lost
from app.views.problems import init_problems
from app.views.strict_json import read_object
from app.views.tokens import init_tokens, verified_claims
from worker import use_one_processor


def create_app() -> Flask:
    """What a request costs before the database is asked anything."""
    use_one_processor()
    app = Strongroom(__name__, static_folder=None)
    init_problems(app, DriverError, is_lost)
    init_tokens(app, Config.from_environment(os.environ))
    schema = DepositSchema()

    @app.post("/deposit")
    def deposit() -> Any:
        claims = verified_claims()
        order = schema.load(read_object(request))
        return {"user": claims.user, "amount": str(order.amount)}, 201

    return app

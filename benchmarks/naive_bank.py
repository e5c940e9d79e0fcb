"""The usual open-source bank in twenty lines: three writes, no transaction. Do not use it.

If it is killed between two of them, money is lost or doubled; two requests with the same key at
one moment both pay. It stands here so that nobody need believe that safety costs speed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, request
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required
from pymongo import MongoClient

from worker import use_one_processor


def create_app() -> Flask:
    """The naive bank, on the database `naive` at NAIVE_URI."""
    use_one_processor()  # as the bank it is compared with
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = os.environ["SECRET_KEY"]
    JWTManager(app)
    bank = MongoClient[dict[str, Any]](os.environ["NAIVE_URI"])["naive"]

    @app.post("/deposit")
    @jwt_required()  # type: ignore[untyped-decorator]
    def deposit() -> Any:
        minor = int(Decimal(request.get_json()["amount"]) * 100)
        account = bank.accounts.find_one({"owner": get_jwt_identity()})
        key = request.headers["Idempotency-Key"]
        if account is None or minor <= 0 or bank.keys.find_one({"_id": key}):
            return {"error": "refused"}, 422
        balance = account["balance"] + minor
        bank.accounts.update_one({"_id": account["_id"]}, {"$inc": {"balance": minor}})
        entry = {"account": account["_id"], "minor": minor, "at": datetime.now(UTC)}
        bank.history.insert_one(entry)
        bank.keys.insert_one({"_id": key})
        return {"account": account["_id"], "balance": balance}, 201

    return app


def prepare(uri: str, customers: int, secret: str) -> list[str]:
    """Accounts for so many customers in an empty `naive` database; a token of each."""
    with MongoClient[dict[str, Any]](uri) as client:
        bank = client["naive"]
        bank.accounts.create_index("owner", unique=True)
        rows = [{"_id": number, "owner": str(number), "balance": 0} for number in range(customers)]
        bank.accounts.insert_many(rows)
        bank.history.create_index([("account", 1), ("at", 1)])
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY=secret, JWT_ACCESS_TOKEN_EXPIRES=False)
    manager = JWTManager(app)
    with app.app_context():
        return [manager._encode_jwt_from_config(str(n), "access") for n in range(customers)]

"""For machines: is the process alive, is it ready to serve."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, json

from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import bank

machines = guards.public(Blueprint("machines", __name__))


@machines.get("/livez")
@operation(answer=representations.Health)
def live() -> Any:
    """The process is alive; touches nothing else."""
    return {"status": "ok"}


@machines.get("/readyz")
@operation(answer=representations.Health)
def ready() -> Any:
    """The database has a primary that takes writes; 503 otherwise."""
    if bank().database.writable():
        return {"status": "ok"}
    body = json.dumps({"status": "the database takes no writes"})
    return Response(body, 503, {"Retry-After": "1"}, content_type="application/json")

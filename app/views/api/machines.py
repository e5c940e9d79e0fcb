"""For machines: is the process alive, is it ready to serve."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.errors import Unavailable
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
    if not bank().database.writable():
        raise Unavailable("the database takes no writes")
    return {"status": "ok"}

"""What a shop sees of itself; its calls are signed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers.payments import merchants as controller
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import actor, bank

shop = guards.merchants(Blueprint("shop", __name__))


@shop.get("/merchant")
@operation(answer=representations.Standing)
def show_shop() -> Any:
    """Your shop as the bank has it, and what your key is for."""
    return controller.standing(bank(), actor())

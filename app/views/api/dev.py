"""For those who try the bank out, in demo mode alone: the mails that it printed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers.mail import printed
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import bank

dev = guards.public(Blueprint("dev", __name__, url_prefix="/dev"))


@dev.get("/outbox")
@operation(answer=representations.PrintedMails)
def outbox() -> Any:
    """The last mails that were printed instead of sent, newest first."""
    return {"items": printed(bank().post), "next": None}

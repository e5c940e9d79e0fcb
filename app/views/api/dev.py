"""For those who try the bank out, in demo mode alone: the mails that it printed."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request

from app.controllers.mail import printed
from app.views import guards, html
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import bank

_CODE = re.compile(r"\b[0-9]{6}\b")

dev = guards.public(Blueprint("dev", __name__, url_prefix="/dev"))


@dev.get("/outbox")
@operation(answer=representations.PrintedMails)
def outbox() -> Any:
    """The last mails that were printed instead of sent, newest first; a browser gets a page."""
    mails = printed(bank().post)
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        response = html.page("dev/outbox.html", mails=mails, code=_CODE)
        response.vary.add("Accept")
        return response
    return {"items": mails, "next": None}, {"Vary": "Accept"}

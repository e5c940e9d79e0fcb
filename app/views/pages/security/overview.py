"""How safe one is, at a glance."""

from __future__ import annotations

from typing import Any

from app.controllers import safety
from app.controllers.factors import RECOVERY_CODES
from app.views.context import actor, bank
from app.views.pages.security.proofs import page


def show() -> Any:
    """Password, second factor, recovery codes, PINs, sessions, and what is worth doing next."""
    found = safety.overview(bank(), actor())
    needs_app = actor().plane == "banker" and bank().config.bankers_need_an_app
    return page(
        "overview.html", safety=found, most_codes=RECOVERY_CODES, few_codes=safety.FEW_CODES,
        needs_app=needs_app,
    )  # fmt: skip

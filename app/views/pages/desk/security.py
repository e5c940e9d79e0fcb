"""Bankers' security: the same pages as customers have, without PINs."""

from __future__ import annotations

from flask import Blueprint

from app.views import guards
from app.views.pages.security import add_pages

security = guards.desk_pages(Blueprint("desk_security", __name__, url_prefix="/desk/security"))
add_pages(security)

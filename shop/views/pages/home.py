"""The first page."""

from __future__ import annotations

from flask import Blueprint, Response

from shop.controllers import catalogue
from shop.views import guards
from shop.views.context import shop
from shop.views.html import page

home = guards.visitors(Blueprint("home", __name__))


@home.get("/")
def start() -> Response:
    """The way in."""
    return page("home.html", picks=catalogue.picks(shop()), faces=catalogue.faces(shop()))

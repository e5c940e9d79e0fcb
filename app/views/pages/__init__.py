"""The websites: the same controllers as the API, for people."""

from flask import Flask

from app.views.pages.desk import DESK_PAGES
from app.views.pages.entrance import entrance
from app.views.pages.inviting import inviting
from app.views.pages.my import MY_PAGES
from app.views.pages.pay import pay
from app.views.pages.places import DESK_PLACES, MY_PLACES
from app.views.pages.renewal import renewal
from app.views.pages.resetting import resetting

PAGES = (entrance, resetting, inviting, renewal, pay, *MY_PAGES, *DESK_PAGES)


def init_pages(app: Flask) -> None:
    """Register every page."""
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    for name, places in (("my_places", MY_PLACES), ("desk_places", DESK_PLACES)):
        there = [place for place in places if place[0] in app.view_functions]
        app.jinja_env.globals[name] = there

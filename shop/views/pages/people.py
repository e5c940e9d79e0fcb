"""The log-in of the shop, and what people keep there."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.controllers import accounts, carts
from shop.controllers.accounts import Customer
from shop.errors import InvalidFields, WrongLogIn
from shop.views import guards
from shop.views.context import ENTRANCE, begin_anew, known_cart, shop, visitor
from shop.views.html import local, page, see
from shop.views.languages import _

entrance = guards.visitors(Blueprint("entrance", __name__))
profile = guards.customers(Blueprint("profile", __name__, url_prefix="/profile"))


@entrance.get("/log-in")
def log_in_form() -> AnyResponse:
    """The form of the log-in."""
    if g.customer:
        return see(_next())
    return page("people/log_in.html", next=_next(), typed={}, wrong="")


@entrance.post("/log-in")
def log_in() -> AnyResponse:
    """Log in; what lies in the cart comes along."""
    email = request.form.get("email", "")
    try:
        customer = accounts.log_in(shop(), email, request.form.get("password", ""), visitor())
    except WrongLogIn as error:
        typed = {"email": email}
        wrong = _(error.title())
        return page("people/log_in.html", 422, next=_next(), typed=typed, wrong=wrong)
    return _enter(customer)


@entrance.get("/register")
def register_form() -> AnyResponse:
    """The form of a new account."""
    if g.customer:
        return see(_next())
    return page("people/register.html", next=_next(), typed={}, errors={})


@entrance.post("/register")
def register() -> AnyResponse:
    """Make an account and log in."""
    typed = {name: request.form.get(name, "") for name in ("name", "email")}
    try:
        password = request.form.get("password", "")
        customer = accounts.register(shop(), **typed, password=password, visitor=visitor())
    except InvalidFields as error:
        shown = {"next": _next(), "typed": typed, "errors": error.errors}
        return page("people/register.html", 422, **shown)
    return _enter(customer)


@entrance.post("/log-out")
def log_out() -> AnyResponse:
    """Log out; the cart stays with the customer."""
    if token := session.get(ENTRANCE):
        accounts.log_out(shop(), token)
    begin_anew()
    flash(_("You are logged out."), "good")
    return see(url_for("home.start"))


@profile.get("")
def show() -> Response:
    """Name, address and password."""
    return _profile({})


@profile.post("")
def save() -> AnyResponse:
    """Keep name and address."""
    try:
        accounts.change_profile(shop(), g.customer, request.form.get("called", ""), request.form)
    except InvalidFields as error:
        return _profile(error.errors, 422)
    flash(_("Your profile was saved."), "good")
    return see(url_for("profile.show"))


@profile.post("/password")
def change_password() -> AnyResponse:
    """Change the password; other browsers are logged out."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        accounts.change_password(shop(), g.customer, old, new)
    except InvalidFields as error:
        return _profile(error.errors, 422)
    begin_anew(g.customer.id, accounts.enter(shop(), g.customer))
    flash(_("Your password was changed. Wherever else you were logged in, you are out."), "good")
    return see(url_for("profile.show"))


def _enter(customer: Customer) -> AnyResponse:
    """Let the browser be that customer's; the form's own cookie begins anew."""
    brought = None if g.customer else known_cart()
    begin_anew(customer.id, accounts.enter(shop(), customer))
    if brought:
        carts.merge(shop(), brought, customer.id)
    return see(_next())


def _profile(errors: dict[str, str], status: int = 200) -> Response:
    typed = dict(request.form) if errors and "called" in request.form else {}
    address = typed or dict(g.customer.address)
    called = typed.get("called", g.customer.name)
    return page(
        "people/profile.html", status, errors=errors, address=address, called=called,
        countries=accounts.COUNTRIES,
    )  # fmt: skip


def _next() -> str:
    return local(request.values.get("next"), url_for("home.start"))

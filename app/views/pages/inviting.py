"""An invitation to become a banker: looking at it, setting up the app, choosing a password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from markupsafe import Markup

from app.controllers import invitations
from app.controllers.invitations import Accepted, Opened
from app.controllers.orders import (
    AcceptInvitation,
    AcceptInvitationSchema,
    OpenInvitation,
    OpenInvitationSchema,
)
from app.views import guards, html
from app.views.context import bank, request_id
from app.views.forms import Form
from app.views.languages import _
from app.views.links import pasted
from app.views.notes import note
from app.views.qr import qr_svg

inviting = guards.visitors(Blueprint("inviting", __name__))


@inviting.route("/invitation", methods=["GET", "POST"])
def invitation() -> Any:
    """Become a banker with an invitation: first the link, then the rest."""
    link: Form[OpenInvitation] = Form(OpenInvitationSchema, name="open")
    form: Form[AcceptInvitation] = Form(AcceptInvitationSchema, name="accept")
    token = pasted()
    if form.sent and (accepted := form.attempt(_accept, **token)):
        return _welcome(accepted)
    if not (link.sent or form.sent):
        return html.page("entrance/invitation_link.html", form=link)
    shown = request.form.get("secret", "")  # what was scanned already is good for the next try, too
    opened: Opened | None = link.attempt(
        lambda order: invitations.open_invitation(bank(), order.token, shown=shown), **token
    )
    if opened is None:
        return html.page("entrance/invitation_link.html", link.status, form=link)
    return _to_accept(form, opened, **token)


def _to_accept(form: Form[AcceptInvitation], opened: Opened, token: str) -> Any:
    secret = opened.totp.secret_base32
    # What draws the picture is our own, and escapes what it is given.
    picture = Markup(qr_svg(opened.totp.uri, title=_("QR code for your authenticator app")))  # noqa: S704
    length = bank().config.password_min_length
    return html.page(
        "entrance/invitation.html", form.status, form=form, token=token, opened=opened,
        groups=[secret[at : at + 4] for at in range(0, len(secret), 4)],
        picture=picture, length=length,
    )  # fmt: skip


def _accept(order: AcceptInvitation) -> Accepted:
    return invitations.accept(
        bank(), order, request_id=request_id(), address=request.remote_addr or ""
    )


def _welcome(accepted: Accepted) -> Any:
    """The recovery codes are shown in this one answer, for they are kept nowhere."""
    if accepted.recovery_codes:
        return html.page("entrance/banker.html", accepted=accepted)
    note(_("You are a banker now. Log in with your new password."))
    known: dict[str, Any] = {"as": accepted.user.username}
    return html.see(url_for("entrance.log_in", site="desk", **known))

"""What a view finds in its request: the bank, who is asking, and the headers that matter."""

from __future__ import annotations

import re
from typing import cast

from flask import current_app, g, request
from werkzeug.exceptions import PreconditionRequired

from app.controllers.bank import Actor, Bank, Caller
from app.controllers.orders import IDEMPOTENCY_KEY
from app.errors import InvalidFields

# Proxies that compress make a tag weak; it names a revision all the same.
_REVISION = re.compile(r'\A(?:W/)?"r([0-9]{1,18})"\Z')


def bank() -> Bank:
    """The bank that this application serves."""
    return cast(Bank, current_app.extensions["bank"])


def actor() -> Actor:
    """Who is asking; the blueprint's guard has made sure of it."""
    return cast(Actor, g.actor)


def request_id() -> str:
    """The name of this request in logs and problems."""
    return cast(str, g.get("request_id", "-"))


def caller() -> Caller:
    """Where the request of somebody who is not logged in comes from."""
    return Caller(request_id(), request.remote_addr or "", request.user_agent.string)


def idempotency_key() -> str | None:
    """The Idempotency-Key header, checked."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.match(key):
        message = "16 to 64 letters, digits, hyphens or underscores, for example a UUID."
        raise InvalidFields.of(("Idempotency-Key", message))
    return key


def needed_key() -> str:
    """The Idempotency-Key header of a call that nobody may send without one."""
    key = idempotency_key()
    if key is None:
        message = "This call needs one: 16 to 64 letters, digits, hyphens or underscores."
        raise InvalidFields.of(("Idempotency-Key", message))
    return key


def expected_revision() -> int:
    """The revision that If-Match names; 428 without the header."""
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired("Send If-Match with the ETag that you read.")
    match = _REVISION.match(header.strip())
    if match is None:
        raise InvalidFields.of(("If-Match", 'Send the one ETag that you read, in quotes: "r1".'))
    return int(match.group(1))


def revision_tag(revision: int) -> str:
    """The ETag that names a revision, for If-Match."""
    return f"r{revision}"

"""Registering, logging in and out, sessions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from app.controllers import access, customers, devices
from app.controllers.access import Entered
from app.controllers.orders import (
    LogIn,
    LogInSchema,
    Refresh,
    RefreshSchema,
    Register,
    RegisterSchema,
)
from app.errors import (
    CustomerFrozen,
    InvalidRefreshToken,
    SessionNotFound,
    TooManyTries,
    UsernameTaken,
    WeakPassword,
    WrongCredentials,
)
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import actor, bank, request_id
from app.views.tokens import access_token

auth = guards.public(Blueprint("auth", __name__, url_prefix="/auth"))
sessions = guards.signed_in(Blueprint("sessions", __name__, url_prefix="/auth"))


@auth.post("/register")
@operation(
    status=201,
    body=RegisterSchema,
    answer=representations.Registered,
    problems=(UsernameTaken, WeakPassword),
)
def register(order: Register) -> Any:
    """Become a customer, with a first account.

    Bankers are never made here.
    """
    customer, account = customers.register(
        bank(), order, request_id=request_id(), address=request.remote_addr or ""
    )
    return {"customer": customer, "account": account}


@auth.post("/login")
@operation(
    body=LogInSchema,
    answer=representations.LoggedIn,
    problems=(WrongCredentials, CustomerFrozen, TooManyTries),
)
def login(order: LogIn) -> Any:
    """Log in with user name and password; customers and bankers alike.

    Keep the `device_token` for the next log-in: then nobody shuts you out who tries your name.
    """
    entered = access.log_in(bank(), order, request.user_agent.string, request.remote_addr or "")
    device_token = devices.token(bank(), entered.session.user, order.device_token)
    return {**_tokens(entered), "device_token": device_token}


@auth.post("/refresh")
@operation(body=RefreshSchema, answer=representations.Tokens, problems=(InvalidRefreshToken,))
def refresh(order: Refresh) -> Any:
    """Exchange a refresh token for new tokens.

    Each refresh token is good once. One that comes back later ends its session.
    """
    return _tokens(access.refresh(bank(), order.refresh_token))


@sessions.post("/logout")
@operation(status=204)
def logout() -> None:
    """End this session; its tokens stop working at once."""
    access.log_out(bank(), actor())


@sessions.get("/sessions")
@operation(answer=representations.Sessions)
def list_sessions() -> Any:
    """Where you are logged in, newest first."""
    rows = access.living_sessions(bank(), actor())
    return {"items": [_session(row) for row in rows], "next": None}


@sessions.delete("/sessions/<id>")
@operation(status=204, problems=(SessionNotFound,))
def end_session(id: str) -> None:
    """Log out somewhere else."""
    access.end_session(bank(), actor(), id)


def _tokens(entered: Entered) -> dict[str, Any]:
    return {
        "access_token": access_token(entered),
        "refresh_token": entered.refresh_token,
        "token_type": "Bearer",
        "expires_in": entered.access_seconds,
    }


def _session(row: Any) -> dict[str, Any]:
    fields = ("id", "device", "created_at", "last_seen_at", "expires_at")
    return {name: getattr(row, name) for name in fields} | {"current": row.id == actor().session}

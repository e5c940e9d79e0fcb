"""Registering, logging in and out, sessions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import (
    access,
    codes,
    credentials,
    customers,
    devices,
    log_ins,
    quotas,
    registrations,
)
from app.controllers.log_ins import Entered, Pending
from app.controllers.orders import (
    Flow,
    FlowSchema,
    Forgot,
    ForgotSchema,
    LogIn,
    LogInSchema,
    Refresh,
    RefreshSchema,
    Register,
    RegisterSchema,
    ResetPassword,
    ResetPasswordSchema,
    VerifyFlow,
    VerifyFlowSchema,
    VerifyLogIn,
    VerifyLogInSchema,
    WaitingLogIn,
    WaitingLogInSchema,
)
from app.errors import (
    AddressTaken,
    CustomerFrozen,
    InvalidCode,
    InvalidRefreshToken,
    NoSecondFactor,
    SecondFactorNeeded,
    SessionNotFound,
    TooManyTries,
    UsernameTaken,
    WeakPassword,
    WrongCredentials,
)
from app.views import guards, rates
from app.views.api import representations
from app.views.api.describe import Accepted, Instead, operation
from app.views.context import actor, bank, caller
from app.views.tokens import access_token

auth = guards.public(Blueprint("auth", __name__, url_prefix="/auth"))
sessions = guards.signed_in(Blueprint("sessions", __name__, url_prefix="/auth"))


@auth.post("/register")
@operation(
    status=201,
    body=RegisterSchema,
    answer=representations.Registered,
    accepted=representations.CodeSent,
    problems=(UsernameTaken, WeakPassword, TooManyTries),
)
def register(order: Register) -> Any:
    """Become a customer, with a first account.

    With an e-mail address, a code is mailed first (202), and /auth/register/verify makes the
    customer; without one, low limits hold until an address is confirmed. Bankers are never made
    here.
    """
    if order.email is None:
        customer, account = customers.register(bank(), order, caller())
        return {"customer": customer, "account": account}
    return Accepted(_sent(registrations.apply(bank(), order, order.email, caller()).id))


@auth.post("/register/verify")
@operation(
    status=201,
    body=VerifyFlowSchema,
    answer=representations.Registered,
    problems=(InvalidCode, UsernameTaken, AddressTaken),
)
def verify_registration(order: VerifyFlow) -> Any:
    """Become a customer with the code that was mailed."""
    customer, account = registrations.complete(bank(), order.flow_id, order.code, caller())
    return {"customer": customer, "account": account}


@auth.post("/register/resend")
@operation(
    status=202,
    body=FlowSchema,
    answer=representations.CodeSent,
    problems=(InvalidCode, TooManyTries),
)
def resend_registration(order: Flow) -> Any:
    """Have another code mailed; the one before is worth nothing then."""
    return _sent(registrations.apply_again(bank(), order.flow_id, caller()).id)


@auth.post("/login")
@operation(
    body=LogInSchema,
    answer=representations.LoggedIn,
    instead=representations.WaitingForCode,
    problems=(WrongCredentials, CustomerFrozen, NoSecondFactor, TooManyTries),
)
def login(order: LogIn) -> Any:
    """Log in with user name and password; customers and bankers alike.

    Who has a second factor for it gets an `mfa_token` for /auth/login/verify instead of tokens.
    Keep the `device_token` for the next log-in: then nobody shuts you out who tries your name.
    """
    found = log_ins.log_in(bank(), order, caller())
    return Instead(found) if isinstance(found, Pending) else _logged_in(found, order.device_token)


@auth.post("/login/verify")
@operation(
    body=VerifyLogInSchema,
    answer=representations.LoggedIn,
    problems=(WrongCredentials, CustomerFrozen, TooManyTries),
)
def verify_login(order: VerifyLogIn) -> Any:
    """Finish a log-in with a code: of the app, a recovery code, or the one that was mailed."""
    entered = log_ins.verify(bank(), order.mfa_token, order.code, caller())
    return _logged_in(entered, entered.device_token)


@auth.post("/login/resend")
@operation(status=204, body=WaitingLogInSchema, problems=(WrongCredentials, TooManyTries))
def resend_login(order: WaitingLogIn) -> None:
    """Have the code of a waiting log-in mailed again."""
    log_ins.send_again(bank(), order.mfa_token, caller())


@auth.post("/password/forgot")
@operation(status=202, body=ForgotSchema, problems=(TooManyTries,))
def forgot_password(order: Forgot) -> None:
    """Have a link mailed to set a new password; the answer is the same for any address."""
    credentials.forgot(bank(), order.email, caller())


@auth.post("/password/reset")
@operation(
    status=204,
    body=ResetPasswordSchema,
    problems=(InvalidCode, SecondFactorNeeded, WeakPassword, TooManyTries),
)
def reset_password(order: ResetPassword) -> None:
    """Set a new password by the mailed link; with an authenticator app, its code as well.

    Every session ends, and for a day the lower limits hold.
    """
    credentials.reset(bank(), order, caller())


@auth.post("/refresh")
@operation(body=RefreshSchema, answer=representations.Tokens, problems=(InvalidRefreshToken,))
def refresh(order: Refresh) -> Any:
    """Exchange a refresh token for new tokens.

    Each refresh token is good once. One that comes back later ends its session.
    """
    session = order.refresh_token.partition(".")[0]
    rates.count(rates.REFRESH_OF_SESSION, quotas.hashed(bank(), session))
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


@sessions.delete("/sessions")
@operation(status=204)
def end_other_sessions() -> None:
    """Log out everywhere else."""
    access.end_other_sessions(bank(), actor())


@sessions.delete("/sessions/<id>")
@operation(status=204, problems=(SessionNotFound,))
def end_session(id: str) -> None:
    """Log out somewhere else."""
    access.end_session(bank(), actor(), id)


def _sent(flow_id: str) -> dict[str, Any]:
    seconds = {"expires_in": codes.CODE_LIFE, "resend_in": codes.RESEND_AFTER}
    found = {name: int(span.total_seconds()) for name, span in seconds.items()}
    return {"flow_id": flow_id, **found}


def _logged_in(entered: Entered, device_token: str | None) -> dict[str, Any]:
    known = devices.token(bank(), entered.session.user, device_token)
    return {**_tokens(entered), "device_token": known}


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

"""An authenticator app, as somebody has it on the telephone."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests.conftest import Clock


class AuthenticatorApp:
    """It knows the secret and the time."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
        self._clock = clock

    def shows(self, *, later: int = 0) -> str:
        """The code of now, or of so many half minutes later."""
        moment = self._clock().timestamp() + 30 * later
        return self._totp.generate(int(moment)).decode()

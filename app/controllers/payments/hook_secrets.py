"""The secrets of webhooks, and what is signed with them: the form of Standard Webhooks, v1.

A secret is derived from SECRET_KEY, the endpoint's id and the version's number: a thief of the
database has none.
"""

from __future__ import annotations

import base64
import hmac

from app.config import Config
from app.models.webhook_endpoints import Endpoint, SecretVersion

PURPOSE = "webhook"


def present_kid(config: Config) -> str:
    """The name of the bank's key that new secrets are derived from."""
    return next(iter(config.keys_by_id(PURPOSE)))


def shown(config: Config, endpoint: Endpoint) -> str | None:
    """The endpoint's newest secret as the shop is shown it, once; None where SECRET_KEY has been
    another since."""
    secret = _secret(config, endpoint.id, endpoint.secrets[0])
    return f"whsec_{base64.b64encode(secret).decode()}" if secret else None


def signatures(
    config: Config, endpoint: Endpoint, versions: tuple[SecretVersion, ...], signed: str
) -> str:
    """A signature by each of these secrets; nothing, where SECRET_KEY has been another since."""
    secrets = (_secret(config, endpoint.id, version) for version in versions)
    return " ".join(_signature(secret, signed) for secret in secrets if secret)


def _secret(config: Config, id: str, version: SecretVersion) -> bytes | None:
    key = config.keys_by_id(PURPOSE).get(version.kid)
    return hmac.digest(key, f"{id}.{version.version}".encode(), "sha256") if key else None


def _signature(secret: bytes, signed: str) -> str:
    return f"v1,{base64.b64encode(hmac.digest(secret, signed.encode(), 'sha256')).decode()}"

"""Three ways out for a mail, chosen by MAIL_URL: a terminal, an SMTP server, a provider's REST API.

Each is given a letter and its id, and raises NotSent with a reason that names no reader. The id is
sent along (Message-ID, Idempotency-Key): after a lost answer a mail may be sent a second time, and
whoever takes it can tell.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx

from app.config import Config
from app.controllers.mail.letters import Letter, message
from app.controllers.sending import NotSent, seconds_asked

_SECONDS = 10.0  # for each step; all steps together take less than a sender's claim
_SHOWN = 50
_MOMENTARY = frozenset({408, 409, 425, 429})


class Carrier(Protocol):
    """A way out."""

    def send(self, letter: Letter, id: str) -> None:
        """Hand the letter over; raises NotSent."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail that was printed instead of sent."""

    id: str
    at: datetime
    letter: Letter


class Console:
    """Prints mails, and keeps the last ones for whoever tries the bank out."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._shown: deque[Shown] = deque(maxlen=_SHOWN)
        self._lock = Lock()

    def send(self, letter: Letter, id: str) -> None:
        """Print it."""
        with self._lock:
            self._shown.appendleft(Shown(id, datetime.now(UTC), letter))
        rule = "-" * 72
        self._say(f"{rule}\nTo: {letter.to}\nSubject: {letter.subject}\n\n{letter.text}\n{rule}")

    def shown(self) -> list[Shown]:
        """The last mails, newest first."""
        with self._lock:
            return list(self._shown)


class Smtp:
    """An SMTP server, with STARTTLS on a checked certificate before anything is said."""

    def __init__(self, url: str, *, sender: str, name: str, context: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 587
        self._login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._sender, self._name, self._context = sender, name, context

    def send(self, letter: Letter, id: str) -> None:
        """Hand it over to the server."""
        made = message(letter, sender=self._sender, name=self._name, id=id)
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_SECONDS) as server:
                server.starttls(context=self._context)
                if self._login[0]:
                    server.login(*self._login)
                server.send_message(made)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise NotSent(f"the server refused the reader ({code})", final=code >= 500) from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"the server answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"the server does not answer ({type(error).__name__})") from None


class Rest:
    """A provider's API: a JSON POST with a bearer key."""

    def __init__(self, url: str, key: str, *, sender: str, name: str, client: httpx.Client) -> None:
        self._url, self._key, self._client = url, key, client
        self._from = f"{name} <{sender}>" if re.fullmatch(r"[\w .'-]+", name) else sender

    def send(self, letter: Letter, id: str) -> None:
        """Hand it over to the provider."""
        body = {
            "from": self._from, "to": [letter.to], "subject": letter.subject, "text": letter.text,
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": id}
        try:
            answer = self._client.post(self._url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotSent(f"the provider does not answer ({type(error).__name__})") from None
        if not answer.is_success:
            final = answer.is_client_error and answer.status_code not in _MOMENTARY
            # A wrong key is the bank's mistake and will be mended; the mail should wait for that.
            final = final and answer.status_code not in (401, 403)
            raise NotSent(
                f"the provider answered {answer.status_code}",
                final=final,
                after=seconds_asked(answer.headers.get("Retry-After", "")),
            )


def carrier_of(config: Config, say: Callable[[str], object]) -> Carrier:
    """The way out that MAIL_URL names, which Config has checked; `say` prints for `console:`."""
    url, sender, name = config.mail_url.reveal(), config.mail_from, config.bank_name
    scheme = url.partition(":")[0]
    if scheme == "console":
        return Console(say)
    if scheme == "smtp":
        return Smtp(url, sender=sender, name=name, context=ssl.create_default_context())
    client = httpx.Client(timeout=_SECONDS, verify=ssl.create_default_context())
    return Rest(url, config.mail_key.reveal(), sender=sender, name=name, client=client)

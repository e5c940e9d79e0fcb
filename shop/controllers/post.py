"""The shop's post: mails from the outbox, printed or handed to an SMTP server.

A mail is claimed for longer than a try can take, so no two processes try it at one time; a process
that is killed while it tries leaves it to the next claim. What was not sent is tried again, later
and later, for a day.
"""

from __future__ import annotations

import logging
import random
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from shop.config import Config
from shop.controllers.letters import Letter
from shop.models import outbox
from shop.models.database import Database
from shop.models.outbox import Mail

_LEASE = timedelta(minutes=2)
_KEPT = timedelta(days=1)
_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 3600.0
_log = logging.getLogger(__name__)


class NotSent(Exception):
    """A mail did not go out, for a reason that names no reader."""


class Carrier(Protocol):
    """A way out."""

    def send(self, mail: Mail) -> None:
        """Hand the mail over; raises NotSent."""


class Console:
    """Prints mails."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say

    def send(self, mail: Mail) -> None:
        """Print it."""
        rule = "-" * 72
        self._say(f"{rule}\nTo: {mail.to}\nSubject: {mail.subject}\n\n{mail.text}\n{rule}")


class Smtp:
    """An SMTP server, with STARTTLS on a checked certificate before anything is said."""

    def __init__(self, url: str, *, sender: str, name: str, context: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 587
        self._login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._sender, self._name, self._context = sender, name, context

    def send(self, mail: Mail) -> None:
        """Hand it over to the server."""
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_SECONDS) as server:
                server.starttls(context=self._context)
                if self._login[0]:
                    server.login(*self._login)
                server.send_message(self._message(mail))
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"the server did not take it ({type(error).__name__})") from None

    def _message(self, mail: Mail) -> EmailMessage:
        """Its Message-ID is the same each time, so that a mailbox can tell a second copy."""
        made = EmailMessage()
        made["From"] = Address(self._name, addr_spec=self._sender)
        made["To"] = Address(addr_spec=mail.to)
        made["Subject"] = mail.subject
        made["Message-ID"] = f"<{mail.id}@{self._sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(mail.text)
        return made


def carrier_of(config: Config, say: Callable[[str], object]) -> Carrier:
    """The way out that the settings name; `say` prints for `console:`."""
    url = config.mail_url.reveal()
    if url == "console:":
        return Console(say)
    context = ssl.create_default_context()
    return Smtp(url, sender=config.mail_from, name=config.name, context=context)


class Post:
    """Takes letters in, and sends what is due."""

    def __init__(self, database: Database, clock: Callable[[], datetime], carrier: Carrier) -> None:
        self._database, self._clock = database, clock
        self.carrier = carrier

    def put(self, to: str, letter: Letter) -> None:
        """Take the letter in; inside a transaction it is sent if and only if that is committed."""
        outbox.put(
            self._database, kind=letter.kind, to=to, subject=letter.subject, text=letter.text,
            now=self._clock(),
        )  # fmt: skip

    def send_next(self) -> bool:
        """Try the mail that is due for longest; False when none is."""
        mail = outbox.claim(self._database, self._clock(), _LEASE)
        if mail is None:
            return False
        try:
            self.carrier.send(mail)
        except NotSent as reason:
            self._not_sent(mail, str(reason))
        except Exception as error:  # noqa: BLE001 - whatever one mail does, the others must go out
            _log.exception("a mail cannot be sent", extra={"error": type(error).__name__})
            self._not_sent(mail, type(error).__name__)
        else:
            if not outbox.mark_sent(self._database, mail):
                _log.warning("a mail was sent after its claim was over")
        return True

    def _not_sent(self, mail: Mail, reason: str) -> None:
        at = self._clock() + timedelta(seconds=pause_seconds(mail.fence))
        if at - mail.created_at > _KEPT:
            _log.error("a mail is given up", extra={"error": reason})
            outbox.give_up(self._database, mail, reason)
        else:
            outbox.try_later(self._database, mail, at, reason)


def pause_seconds(tries: int) -> float:
    """How long to wait after so many tries: twice as long each time, up to an hour, with jitter."""
    longest = min(_FIRST_PAUSE_SECONDS * 2 ** min(tries, 20), _LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311

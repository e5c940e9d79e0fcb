"""The ways out for mails, each against a real server: SMTP with STARTTLS, a REST API over TLS."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, Envelope

from app.config import Config, Secret, UnsafeConfig
from app.controllers.mail import Letter, carrier_of
from app.controllers.sending import NotSent
from tests.mail_servers import server_context, smtp_server, trust
from tests.running import free_port

LETTER = Letter("confirm address", "dana@example.com", "Your code, Zürich", "The code is 493021.")
FROM = "bank@strongroom.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for the servers of these tests."""
    return trustme.CA()


@pytest.fixture
def server_side(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority)


@pytest.fixture
def trusted(
    authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let clients of this process trust the servers of these tests."""
    trust(authority, tmp_path_factory.mktemp("ca"), monkeypatch)


def sent_by(url: str, letter: Letter = LETTER, *, key: str = "", id: str = "mail-1") -> None:
    """One letter on the way that the address names."""
    settings = {"mail_url": Secret(url), "mail_key": Secret(key), "mail_from": FROM}
    carrier_of(Config(**settings), lambda _: None).send(letter, id)


@dataclass
class Mailbox:
    """What an SMTP server took; `refuse` answers for a reader."""

    taken: list[tuple[Envelope, bool]] = field(default_factory=list)
    refuse: str = ""

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the reader, or refuse."""
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail, and whether it came encrypted."""
        self.taken.append((envelope, session.ssl is not None))
        return "250 OK"

    def message(self) -> EmailMessage:
        """The one mail that was taken."""
        ((envelope, _),) = self.taken
        made = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(made, EmailMessage)
        return made


@contextmanager
def smtp(box: Mailbox, tls: ssl.SSLContext | None) -> Iterator[int]:
    """A real SMTP server; its port. It knows "bank" with the password "p@ss:w/rd"."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (b"bank", b"p@ss:w/rd")
        return AuthResult(success=right, handled=right)

    with smtp_server(box, tls, authenticator=check, auth_required=bool(tls)) as port:
        yield port


URL = "smtp://bank:p%40ss%3Aw%2Frd@localhost:{}"


@pytest.mark.usefixtures("trusted")
def test_smtp_takes_the_letter_encrypted_and_whole(server_side: ssl.SSLContext) -> None:
    box = Mailbox()
    with smtp(box, server_side) as port:
        sent_by(URL.format(port))
    ((envelope, encrypted),) = box.taken
    assert encrypted
    assert (envelope.mail_from, envelope.rcpt_tos) == (FROM, ["dana@example.com"])
    made = box.message()
    assert (made["To"], made["Subject"]) == ("dana@example.com", "Your code, Zürich")
    assert (made["From"], made["Message-ID"]) == (
        f"Strongroom <{FROM}>", "<mail-1@strongroom.example>",
    )  # fmt: skip
    assert made.get_content().strip() == "The code is 493021."


def test_smtp_without_a_trusted_certificate_is_told_nothing(server_side: ssl.SSLContext) -> None:
    box = Mailbox()
    with smtp(box, server_side) as port, pytest.raises(NotSent, match="SSLCertVerification"):
        sent_by(URL.format(port))
    assert box.taken == []


@pytest.mark.usefixtures("trusted")
def test_smtp_without_encryption_is_told_nothing() -> None:
    box = Mailbox()
    with smtp(box, None) as port, pytest.raises(NotSent, match="NotSupported"):
        sent_by(URL.format(port))
    assert box.taken == []


@pytest.mark.usefixtures("trusted")
def test_smtp_with_a_wrong_password_is_tried_again_later(server_side: ssl.SSLContext) -> None:
    with smtp(Mailbox(), server_side) as port, pytest.raises(NotSent, match="535") as refused:
        sent_by(f"smtp://bank:wrong-canary@localhost:{port}")
    assert not refused.value.final
    assert "canary" not in str(refused.value)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("answer", "final"), [("550 no such person", True), ("451 later", False)])
def test_a_reader_whom_the_server_does_not_know_is_refused_for_good(
    server_side: ssl.SSLContext, answer: str, final: bool
) -> None:
    box = Mailbox(refuse=answer)
    with smtp(box, server_side) as port, pytest.raises(NotSent) as refused:
        sent_by(URL.format(port))
    assert (refused.value.final, "dana" in str(refused.value)) == (final, False)


def test_an_smtp_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(NotSent, match="does not answer") as refused:
        sent_by(f"smtp://localhost:{free_port()}")
    assert not refused.value.final


@dataclass
class Provider:
    """A REST API for mails: what it was asked, and what it answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)


@contextmanager
def rest(provider: Provider, tls: ssl.SSLContext) -> Iterator[str]:
    """A real HTTPS server; the address of its API."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            provider.asked.append((dict(self.headers), json.loads(body)))
            self.send_response(provider.status)
            for name, text in {**provider.headers, "Content-Length": "0"}.items():
                self.send_header(name, text)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}/emails"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.usefixtures("trusted")
def test_a_provider_is_asked_with_its_key_and_the_mails_id(server_side: ssl.SSLContext) -> None:
    provider = Provider()
    with rest(provider, server_side) as url:
        sent_by(url, key="provider-key", id="mail-7")
    ((headers, body),) = provider.asked
    assert headers["Authorization"] == "Bearer provider-key"
    assert headers["Idempotency-Key"] == "mail-7"
    assert headers["Content-Type"] == "application/json"
    assert body == {
        "from": f"Strongroom <{FROM}>",
        "to": ["dana@example.com"],
        "subject": "Your code, Zürich",
        "text": "The code is 493021.",
    }


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (422, True), (401, False), (403, False), (408, False), (429, False),
     (500, False), (503, False), (302, False)],
)  # fmt: skip
def test_a_mail_that_is_wrong_is_given_up_and_all_else_is_tried_again(
    server_side: ssl.SSLContext, status: int, final: bool
) -> None:
    with (
        rest(Provider(status), server_side) as url,
        pytest.raises(NotSent, match=str(status)) as refused,
    ):
        sent_by(url, key="provider-key")
    assert (refused.value.final, refused.value.after) == (final, None)


def in_a_minute() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        (lambda: "90", 90, 90),
        (in_a_minute, 50, 61),
        (lambda: "Sat, 01 Jan 2022 00:00:00 GMT", 0, 0),
    ],
)
def test_retry_after_is_honoured(
    server_side: ssl.SSLContext, header: Callable[[], str], least: float, most: float
) -> None:
    provider = Provider(503, {"Retry-After": header()})
    with rest(provider, server_side) as url, pytest.raises(NotSent) as refused:
        sent_by(url, key="provider-key")
    assert refused.value.after is not None
    assert least <= refused.value.after <= most


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("header", ["soon", "-5", "1e9", "", "99999999999999999999999 years"])
def test_a_retry_after_that_says_nothing_is_passed_over(
    server_side: ssl.SSLContext, header: str
) -> None:
    provider = Provider(503, {"Retry-After": header})
    with rest(provider, server_side) as url, pytest.raises(NotSent) as refused:
        sent_by(url, key="provider-key")
    assert refused.value.after is None


def test_a_provider_without_a_trusted_certificate_is_told_nothing(
    server_side: ssl.SSLContext,
) -> None:
    provider = Provider()
    with rest(provider, server_side) as url, pytest.raises(NotSent, match="ConnectError"):
        sent_by(url, key="provider-key")
    assert provider.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com/emails", "smtp://", "smtp://a:canary@c:d@host", "mailto:dana",
     "smtps://host", "https://", "https://canary@api.example.com", "console", "console:out"],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused_with_those_that_would_do(url: str) -> None:
    with pytest.raises(UnsafeConfig, match="MAIL_URL is console:, smtp://") as refused:
        Config(mail_url=Secret(url), mail_key=Secret("key"))
    assert "canary" not in str(refused.value)


def test_a_provider_needs_a_key() -> None:
    with pytest.raises(UnsafeConfig, match="MAIL_KEY"):
        Config(mail_url=Secret("https://api.example.com/emails"))


@pytest.mark.parametrize("address", ["", "bank", "Bank <bank@example.com>", "a@b\r\nBcc: c@d"])
def test_the_banks_address_is_an_address(address: str) -> None:
    with pytest.raises(UnsafeConfig, match="MAIL_FROM"):
        Config(mail_from=address)

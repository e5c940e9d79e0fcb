"""Real SMTP servers with STARTTLS, and an authority whose certificates tests let clients trust."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller

from tests.running import free_port


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """What a server at "localhost" shows, with a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def trust(authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients of this process, and of those that it starts, trust the authority."""
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@contextmanager
def smtp_server(handler: object, tls: ssl.SSLContext | None, **options: Any) -> Iterator[int]:
    """An SMTP server, which insists on STARTTLS where it has a certificate; its port."""
    controller = Controller(
        handler, hostname="127.0.0.1", port=free_port(), tls_context=tls,
        require_starttls=tls is not None, **options,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()

"""The way out to the shops' servers: bounded in time and size, and in production to no place
inside the bank's own network, whatever a name is said to lead to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from threading import Event

import pytest
import trustme

from app.controllers.payments import outward
from app.controllers.payments.outward import Outward, is_public
from app.controllers.sending import NotSent
from tests.mail_servers import server_context, trust
from tests.running import free_port
from tests.shop_servers import ShopServer, shop_server

FREE = Outward(public_only=False)
HEADERS = {"webhook-id": "evt_1"}


def refused(way: Outward, url: str) -> NotSent:
    with pytest.raises(NotSent) as found:
        way.post(url, HEADERS, b"{}")
    return found.value


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server at "localhost" shows; clients of this process trust it."""
    authority = trustme.CA()
    trust(authority, tmp_path, monkeypatch)
    return server_context(authority)


def test_what_is_posted_arrives_as_it_is() -> None:
    server = ShopServer(202)
    with shop_server(server) as url:
        assert FREE.post(f"{url}?shop=1", HEADERS, b'{"a": "\xc3\xa4"}') == 202
    (heard,) = server.heard
    assert (heard.path, heard.body) == ("/webhooks?shop=1", b'{"a": "\xc3\xa4"}')
    assert heard.headers["webhook-id"] == "evt_1"
    assert heard.headers["host"] == url.split("/")[2]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nothing_is_followed(status: int) -> None:
    other = ShopServer()
    with shop_server(other) as elsewhere:
        server = ShopServer(status, {"Location": elsewhere})
        with shop_server(server) as url:
            assert refused(FREE, url).status == status
    assert other.heard == []


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_an_answer_that_is_not_good_is_told_with_its_status(status: int) -> None:
    with shop_server(ShopServer(status, {"Retry-After": "90"})) as url:
        found = refused(FREE, url)
    assert (str(found), found.status, found.after) == (f"the server answered {status}", status, 90)


def test_nobody_there_is_told_without_a_status() -> None:
    found = refused(FREE, f"http://localhost:{free_port()}/")
    assert (found.status, str(found)) == (None, "the server does not answer (ConnectError)")


def test_a_name_that_leads_nowhere_is_told() -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    found = refused(Outward(public_only=False, resolve=nowhere), "http://shop.example/")
    assert str(found) == "the server does not answer (OSError)"


def test_name_servers_that_do_not_answer_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = Event()
    monkeypatch.setattr(outward, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: go_on.wait(10) and [])
    found = refused(FREE, "http://shop.example/")
    go_on.set()
    assert str(found) == "the server does not answer (TimeoutError)"


def test_proxies_of_the_environment_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = ShopServer(), ShopServer()
    with shop_server(proxy) as other, shop_server(server) as url:
        monkeypatch.setenv("HTTP_PROXY", other)
        monkeypatch.setenv("ALL_PROXY", other)
        FREE.post(url, HEADERS, b"{}")
    assert (len(proxy.heard), len(server.heard)) == (0, 1)


def drip(handler: BaseHTTPRequestHandler, line: bytes) -> None:
    """A line of an answer again and again, which never ends by itself."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in count():
        handler.wfile.write(line)
        time.sleep(0.02)


def test_a_head_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "TOTAL_SECONDS", 0.4)
    with shop_server(ShopServer(writes=lambda handler: drip(handler, b"a: b\r\n"))) as url:
        found = refused(FREE, url)
    assert (found.status, str(found)) == (None, "the server does not answer (ReadTimeout)")


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "TOTAL_SECONDS", 0.3)
    with shop_server(ShopServer(writes=lambda _: time.sleep(1.0))) as url:
        assert "ReadTimeout" in str(refused(FREE, url))


def test_of_a_huge_answer_little_is_read() -> None:
    sent: list[int] = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        part = b"x" * 65536
        while True:
            handler.wfile.write(b"10000\r\n" + part + b"\r\n")
            sent.append(len(part))

    with shop_server(ShopServer(writes=flood)) as url:
        assert FREE.post(url, HEADERS, b"{}") == 200
    # What stood in buffers on the way; it was never ours.
    assert sum(sent) < 64 * 1024 * 1024


def test_an_answer_that_stops_in_its_middle_is_as_good_as_its_status() -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf")
        handler.close_connection = True

    with shop_server(ShopServer(writes=half)) as url:
        assert FREE.post(url, HEADERS, b"{}") == 201


@pytest.mark.parametrize("wrong", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00\xff\r\n\r\n", b""])
def test_what_is_no_answer_of_http_is_a_failure(wrong: bytes) -> None:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(wrong)
        handler.close_connection = True

    with shop_server(ShopServer(writes=say)) as url:
        assert "RemoteProtocolError" in str(refused(FREE, url))


def test_the_server_proves_its_name_though_an_address_is_connected_to(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []
    tls.sni_callback = lambda _, name, __: names.append(name)
    monkeypatch.setattr(outward, "is_public", lambda _: True)
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    way = Outward(public_only=True, resolve=resolve)
    server = ShopServer()
    with shop_server(server, tls) as url:
        way.post(url, HEADERS, b"{}")
        other = refused(way, url.replace("localhost", "shop.example"))
    assert str(other) == "the server does not answer (ConnectError)"
    assert [heard.headers["host"] for heard in server.heard] == [url.split("/")[2]]
    # One look-up for each request: what was checked is what was connected to.
    assert (names, asked) == (["localhost", "shop.example"], ["localhost", "shop.example"])


def test_a_server_whom_nobody_vouches_for_is_told_nothing() -> None:
    server = ShopServer()
    with shop_server(server, server_context(trustme.CA())) as url:
        assert "ConnectError" in str(refused(FREE, url))
    assert server.heard == []


INSIDE = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.2.1", "198.18.0.1", "192.88.99.1",
    "192.0.0.8", "224.0.0.1",
    "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1",
    "localhost", "", "8.8.8.8 ", "0177.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111"])
def test_an_address_of_the_open_internet_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.7"], ["::1", "8.8.8.8"]])
def test_in_production_a_name_that_leads_inside_is_not_called(
    tls: ssl.SSLContext, addresses: list[str]
) -> None:
    server = ShopServer()
    with shop_server(server, tls) as url:
        found = refused(Outward(public_only=True, resolve=lambda *_: addresses), url)
    assert str(found) == "its name leads to an address that is not on the open internet"
    assert server.heard == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_in_production_no_way_of_writing_an_address_leads_inside(
    tls: ssl.SSLContext, host: str
) -> None:
    server = ShopServer()
    with shop_server(server, tls) as url:
        found = refused(Outward(public_only=True), url.replace("localhost", host))
    assert "open internet" in str(found) or "gaierror" in str(found)
    assert server.heard == []


def test_in_production_nothing_goes_out_unencrypted() -> None:
    server = ShopServer()
    with shop_server(server) as url:
        found = refused(Outward(public_only=True, resolve=lambda *_: ["8.8.8.8"]), url)
    assert str(found) == "The address must begin with https://."
    assert server.heard == []

"""What every page tells the browser beside its content: policy, headers, cookies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from app.config import Config
from app.views.edge import init_edge
from app.views.html import POLICY
from tests import make
from tests.conftest import SECRET
from tests.pages import Browser, Page
from tests.views.pages.sweep import Site, open_site, shown

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}
STRICT = {
    "default-src": "'none'", "style-src": "'self'", "img-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "manifest-src": "'self'", "form-action": "'self'",
    "base-uri": "'none'", "object-src": "'none'", "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}  # fmt: skip
EVERY = {"HttpOnly", "Path", "SameSite", "Secure"}
COOKIES = {
    "__Host-at": ("/", "Lax"),
    "__Secure-rt": ("/session/refresh", "Strict"),
    "__Host-desk": ("/", "Strict"),
    "__Secure-desk-rt": ("/desk/session/refresh", "Strict"),
    "__Host-device": ("/", "Strict"),
    "__Host-page": ("/", "Lax"),
}


def policy_of(answer: TestResponse) -> dict[str, str]:
    """The directives of a page's policy."""
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return {part.split(" ", 1)[0]: part.split(" ", 1)[1] for part in parts}


def pages(site: Site) -> dict[str, TestResponse]:
    """Every page that is shown as HTML to who may see it."""
    answers = {str(route): site.get(route) for route in shown(site.app)}
    return {name: each for name, each in answers.items() if each.mimetype == "text/html"}


def route_of(name: str) -> str:
    """The first part of a page's address, "/pay" of "GET /pay/<id>"."""
    return "/" + name.split("/")[1]


def cookies_of(answer: TestResponse) -> dict[str, dict[str, str]]:
    """The attributes of the cookies that an answer sets, by name."""
    found = {}
    for header in answer.headers.getlist("Set-Cookie"):
        first, *rest = header.split("; ")
        told = dict(part.partition("=")[::2] for part in rest)
        found[first.partition("=")[0]] = {"": first.partition("=")[2], **told}
    return found


def test_every_page_has_the_headers_of_pages(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    answers = pages(site)
    for name, answer in answers.items():
        if answer.status_code in (301, 302, 303):
            continue
        sent = {header: answer.headers.get(header) for header in HEADERS}
        if sent != HEADERS or "Server" in answer.headers:
            found.append(f"{name}: { {h: v for h, v in sent.items() if v != HEADERS[h]} }")
        assert re.fullmatch(r"en|de", answer.headers["Content-Language"])
    assert len(answers) > 5
    assert found == []


def test_every_page_runs_its_own_scripts_alone(client: FlaskClient) -> None:
    site = open_site(client)
    found, nonces = [], []
    for _ in range(2):
        for name, answer in pages(site).items():
            if answer.status_code != 200:
                continue
            told = policy_of(answer)
            script = re.fullmatch(r"'nonce-([\w-]{22})' 'strict-dynamic'", told.pop("script-src"))
            nonces.append(script[1] if script else "")
            carried = {a.get("nonce") for tag, a in Page(answer.text).tags if tag == "script"}
            if told != STRICT or not carried <= {nonces[-1]}:
                found.append(f"{name}: {told} {carried}")
    assert found == []
    assert len(nonces) == len(set(nonces)) > 5


def test_no_page_has_a_script_or_a_style_in_its_text(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    for name, answer in pages(site).items():
        page = Page(answer.text)
        for tag, attributes in page.tags:
            odd = [a for a in attributes if a == "style" or a.startswith("on") or a == "srcdoc"]
            links = [attributes.get(a) or "" for a in ("href", "src", "action", "formaction")]
            odd += [
                link for link in links if re.match(r"\s*(javascript|data|vbscript):", link, re.I)
            ]
            # Back to the shop goes a plain link, which says nothing of where it was found.
            leaves = route_of(name) == "/pay" and attributes.get("rel") == "external noreferrer"
            odd += [link for link in links if re.match(r"\w+:|//", link) and not leaves]
            if tag == "style" or odd:
                found.append(f"{name}: <{tag}> {odd}")
        found += [f"{name}: script {text[:40]}" for text in page.inside("script")]
    assert found == []


def test_an_error_is_a_page_with_the_same_headers(client: FlaskClient) -> None:
    answers = [
        client.get("/nothing", headers={"Accept": "text/html"}),
        client.post("/log-in"),
        client.put("/log-in", headers={"Accept": "text/html"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 403, 405]
    for answer in answers:
        assert {header: answer.headers.get(header) for header in HEADERS} == HEADERS
        assert policy_of(answer)["default-src"] == "'none'"


def test_a_bank_in_production_insists_on_https_for_pages() -> None:
    edge = Flask(__name__)
    settings = {
        "SECRET_KEY": SECRET, "MONGO_URI": "mongodb+srv://a:b@c/", "TRUSTED_HOSTS": "bank",
        "MAIL_URL": "smtp://mail.example.com", "PUBLIC_URL": "https://bank.example.com",
    }  # fmt: skip
    init_edge(edge, Config.from_environment({**settings, "ENVIRONMENT": "production"}))
    told = edge.test_client().get("/", headers={"Accept": "text/html"}).headers
    assert told["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert "nonce" in POLICY


def test_cookies_are_for_this_host_over_tls_and_for_no_script(client: FlaskClient) -> None:
    site = open_site(client)
    found: dict[str, dict[str, str]] = {}
    for name in ("dana", "tess"):
        browser = Browser(site.app)
        found |= cookies_of(browser.client.get("/log-in"))
        found |= cookies_of(browser.send("/log-in", username=name, password=make.PASSWORD))
    assert set(found) == set(COOKIES)
    for name, told in found.items():
        assert set(told) >= EVERY, name
        assert "Domain" not in told, name
        assert (told["Path"], told["SameSite"]) == COOKIES[name], name


def test_a_page_tells_the_browser_no_more_than_it_needs(client: FlaskClient) -> None:
    site = open_site(client)
    # What a page remembers is signed, not secret: no name, no address, no token.
    told = parse_cookie(site.dana.client.get("/my").request.environ["HTTP_COOKIE"])
    content = site.app.session_interface.get_signing_serializer(site.app)  # type: ignore[attr-defined]
    assert set(content.loads(told["__Host-page"])) <= {"random", "owner", "_flashes"}


def test_logging_out_takes_the_cookies_of_one_site_and_its_session(client: FlaskClient) -> None:
    site = open_site(client)
    site.dana.log_in("tess")
    kept = site.dana.client.get_cookie("__Host-at")
    assert kept
    form = next(f for f in site.dana.page("/my").forms if f.action == "/log-out")
    answer = site.dana.post("/log-out", form.values)
    gone = {name: told for name, told in cookies_of(answer).items() if told.get("Max-Age") == "0"}
    assert set(gone) == {"__Host-at", "__Secure-rt"}
    assert {told[""] for told in gone.values()} == {""}
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert site.dana.open("/desk").status_code == 200
    site.dana.client.set_cookie("__Host-at", kept.value)
    assert site.dana.client.get("/my").status_code == 307


def test_without_secure_cookies_their_names_are_plain(make_app: Callable[..., Flask]) -> None:
    app = make_app(secure_cookies=False)
    make.customer(app.test_client(), "dana")
    browser = Browser(app).log_in("dana")
    names = {name.partition("=")[0] for name in _sent(browser)}
    assert names == {"at", "device", "page"}
    assert browser.open("/my").status_code == 200


def _sent(browser: Browser) -> list[str]:
    return str(browser.client.get("/my").request.environ["HTTP_COOKIE"]).split("; ")


@pytest.mark.parametrize("name", ["__Host-at", "__Host-desk", "__Secure-rt", "__Host-page"])
@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é", "=" * 300, "{}", "null", "\x7f"])
def test_a_cookie_that_makes_no_sense_is_none(client: FlaskClient, name: str, value: str) -> None:
    site: dict[str, Any] = {"path": "/session/refresh"} if name == "__Secure-rt" else {}
    client.set_cookie(name, value, **site)
    for path in ("/", "/my", "/desk", "/session/refresh"):
        assert client.get(path).status_code in (200, 303, 307), path

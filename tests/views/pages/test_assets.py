"""Files that pages load: small, kept by browsers, and no others."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

from app.views.assets import address_of
from tests.pages import Page
from tests.views.pages.sweep import open_site, shown

LARGEST_FIRST_PAGE = 150_000
PACKED = {"Accept-Encoding": "gzip"}


def loaded(page: Page) -> set[str]:
    """What a browser loads beside the page."""
    named = {"link": "href", "script": "src", "img": "src"}
    found = {attributes.get(named[tag]) for tag, attributes in page.tags if tag in named}
    return {address for address in found if address}


def test_the_first_page_is_small_with_all_that_it_loads(client: FlaskClient) -> None:
    first = client.get("/", headers=PACKED)
    size = len(first.data)
    addresses = loaded(Page(first.text))
    assert len(addresses) >= 3
    for address in addresses:
        answer = client.get(address, headers=PACKED)
        assert answer.status_code == 200, address
        size += len(answer.data) + sum(len(f"{name}: {text}\r\n") for name, text in answer.headers)
    assert size < LARGEST_FIRST_PAGE


def test_every_page_loads_what_is_there_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    site = open_site(client)
    found = []
    for route in shown(site.app):
        for address in loaded(Page(site.get(route).text)):
            if client.get(address).status_code != 200 or not address.startswith("/assets/"):
                found.append(f"{route}: {address}")
    assert found == []


@pytest.mark.parametrize("name", ["bootstrap.css", "strongroom.css", "mark.svg"])
def test_a_file_may_be_kept_for_ever_under_the_hash_of_its_content(
    client: FlaskClient, name: str
) -> None:
    with client.application.test_request_context():
        address = address_of(name)
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert gzip.decompress(client.get(address, headers=PACKED).data) == answer.data


def test_a_file_of_another_version_is_asked_for_again(client: FlaskClient) -> None:
    answer = client.get("/assets/000000000000/strongroom.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name",
    ["nothing.css", "..%2f..%2fconfig.py", "__init__.py", "%00", "bootstrap.min.css", ".."],
)
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/000000000000/{name}").status_code == 404

"""What holds for every page of the shop."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_the_shop_says_that_it_runs(visitor: FlaskClient) -> None:
    assert visitor.get("/healthz").json == {"status": "ok"}


def test_a_page_runs_only_our_own_scripts_and_stands_in_no_frame(visitor: FlaskClient) -> None:
    policy = visitor.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_what_is_not_there_is_a_page_of_the_shop(visitor: FlaskClient) -> None:
    answer = visitor.get("/nothing/here")
    assert answer.status_code == 404
    assert "There is no such page." in answer.text

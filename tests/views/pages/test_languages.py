"""Two languages: every text is translated, with its facts, and formats follow the visitor."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.views.languages import FOLDER, LANGUAGES
from setup.texts import catalogue_of, gathered
from tests.make import customer
from tests.pages import Browser

PLACEHOLDER = re.compile(r"%\(\w+\)s")
TRANSLATED = sorted(set(LANGUAGES) - {"en"})


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """A text, or its singular and plural."""
    return text if isinstance(text, tuple) else (text,)


def test_every_language_but_the_texts_own_has_a_catalogue() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == TRANSLATED


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    shown = {message.id for message in gathered() if message.id}
    kept = {message.id: message.string for message in catalogue_of(language) if message.id}
    assert shown ^ set(kept) == set(), "run make texts, then translate"
    assert [id for id, text in kept.items() if not all(forms(text))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_tells_the_same_facts(language: str) -> None:
    wrong = [
        message.id
        for message in catalogue_of(language)
        if message.id
        for text in forms(message.string)
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(forms(message.id)[-1]))
    ]
    assert wrong == []


def test_a_visitor_reads_what_the_browser_asks_for(app: Flask) -> None:
    page = Browser(app).open("/log-in", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de"' in page.text
    assert page.headers["Content-Language"] == "de"
    assert "Benutzername" in page.text


def test_a_visitor_without_a_language_of_ours_reads_english(app: Flask) -> None:
    page = Browser(app).open("/log-in", headers={"Accept-Language": "fr,ja;q=0.5"})
    assert '<html lang="en"' in page.text


def test_a_chosen_language_outvotes_the_browser_s_and_survives_the_log_in(app: Flask) -> None:
    customer(app.test_client(), "dana").has("1234.50")
    browser = Browser(app)
    browser.post("/preferences", {"csrf_token": browser.token(), "language": "de"})
    browser.log_in("dana")
    page = browser.open("/my", headers={"Accept-Language": "en-US"})
    assert "1.234,50\xa0$" in page.text


@pytest.mark.parametrize(
    ("language", "typed", "balance"),
    [("en", "1,234.50", "1234.50"), ("de", "1.234,50", "1234.50"), ("de", "12.50", "12.50")],
)
def test_an_amount_is_read_as_it_is_written_in_the_language(
    app: Flask, language: str, typed: str, balance: str
) -> None:
    dana = customer(app.test_client(), "dana")
    browser = Browser(app)
    browser.post("/preferences", {"csrf_token": browser.token(), "language": language})
    browser.log_in("dana").send("/my/deposit", holding="amount", amount=typed)
    assert dana.balance() == balance


def test_an_error_is_told_in_the_language(app: Flask) -> None:
    browser = Browser(app)
    browser.post("/preferences", {"csrf_token": browser.token(), "language": "de"})
    answer = browser.send("/log-in", username="nobody", password="wrong")
    assert answer.status_code == 401
    assert "Passwort" in answer.text
    assert "wrong" not in answer.text.lower()

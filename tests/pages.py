"""Somebody at the bank's pages with a browser that runs no scripts, as the test client plays it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self

from flask import Flask
from werkzeug.test import TestResponse

from app.views import forgery
from tests.make import PASSWORD

ORIGIN = "http://localhost"
_EMPTY = frozenset({"input", "br", "hr", "img", "link", "meta", "source", "wbr", "col"})


@dataclass
class PageForm:
    """A form of a page, with what a browser would send of it as it stands there."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    where: tuple[str, ...] = ()
    pressed: bool = False

    @property
    def name(self) -> str:
        """What tells it apart from other forms of the page."""
        return self.values.get("form", "")


class Page(HTMLParser):
    """What a page says: its forms, links, headings, and every tag with its attributes."""

    def __init__(self, text: str, address: str = "") -> None:
        super().__init__()
        self.text, self.address = text, address
        self.forms: list[PageForm] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self._form: PageForm | None = None
        self._select = ""
        self._area: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and what it means for the form around it."""
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in _EMPTY:
            self._open.append(tag)
        if tag == "form":
            action = found.get("action") or self.address
            method = (found.get("method") or "get").upper()
            self._form = PageForm(action, method, where=tuple(self._open))
            self.forms.append(self._form)
        elif self._form is not None:
            self._note(self._form, tag, found)

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag."""
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = None
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note a text and the tags around it."""
        self.texts.append((tuple(self._open), data))
        if self._form is not None and self._area:
            self._form.values[self._area] = data

    def inside(self, tag: str) -> list[str]:
        """The texts inside of a kind of tag."""
        return [text.strip() for around, text in self.texts if tag in around and text.strip()]

    def links(self) -> list[str]:
        """Where one can go from here."""
        return [found["href"] or "" for tag, found in self.tags if tag == "a" and "href" in found]

    def form(self, name: str = "", *, holding: str = "") -> PageForm:
        """The form of the page's content that is called so, or has a field called so."""
        sent = [form for form in self.forms if form.method == "POST" and "main" in form.where]
        if holding:
            return next(form for form in sent if holding in form.names)
        return next(form for form in sent if form.name == name)

    def _note(self, form: PageForm, tag: str, found: dict[str, str | None]) -> None:
        name = found.get("name") or ""
        kind = found.get("type") or ("text" if tag == "input" else "submit")
        if tag in ("input", "select", "textarea") and name:
            form.names.append(name)
        if tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in found):
            form.values[name] = found.get("value") or ("on" if kind == "checkbox" else "")
        elif tag == "textarea":
            self._area = name
            form.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in found or self._select not in form.values:
                form.values[self._select] = found.get("value") or ""
        elif tag == "button" and kind == "submit" and not form.pressed:
            # The first button is the one that Enter presses; of the others nothing is sent.
            form.pressed = True
            if name:
                form.values[name] = found.get("value") or ""


def token_of(page: Page) -> str:
    """The token that the forms of a page carry."""
    return next(f.values[forgery.FIELD] for f in page.forms if forgery.FIELD in f.values)


class Browser:
    """One visitor with cookies of their own: opens pages and sends the forms that stand on them."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def open(self, path: str, **options: Any) -> TestResponse:
        """GET a page as a browser would; what renews tokens on the way is followed."""
        answer = self.client.get(path, **options)
        return self._renewed(answer, "GET", **options)

    def page(self, path: str, **options: Any) -> Page:
        """A page that is there, read."""
        answer = self.open(path, **options)
        assert answer.status_code == 200, answer.text
        return Page(answer.text, path)

    def send(
        self,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        form: str = "",
        holding: str = "",
        **more: str,
    ) -> TestResponse:
        """Open a page, fill in one of its forms and send it. Fields that are not named are sent as
        they stand there; `form` names one of several, or `holding` a field that it has."""
        found = self.page(path).form(form, holding=holding)
        return self.post(found.action, {**found.values, **(fields or {}), **more})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> TestResponse:
        """POST just these fields, from a page of the bank."""
        told = {"Origin": ORIGIN, **headers}
        answer = self.client.post(path, data=dict(fields), headers=told)
        return self._renewed(answer, "POST", data=dict(fields), headers=told)

    def token(self, path: str = "/") -> str:
        """The token of forms as it stands on a page."""
        return token_of(self.page(path))

    def log_in(self, username: str, password: str = PASSWORD) -> Self:
        """Log in as somebody without a second factor at log-in."""
        # With a name, the log-in is shown to whoever is logged in already as well.
        answer = self.send(f"/log-in?as={username}", username=username, password=password)
        assert answer.status_code == 303, answer.text
        assert answer.location.endswith(("/my", "/desk")), answer.location
        return self

    def _renewed(self, answer: TestResponse, method: str, **options: Any) -> TestResponse:
        for _ in range(3):
            if answer.status_code != 307:
                break
            answer = self.client.open(answer.location, method=method, **options)
        return answer

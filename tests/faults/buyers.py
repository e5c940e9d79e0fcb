"""A buyer with a browser of their own: from the cart to the paid order, or to their money back.

Whatever does not answer is asked again, as people do who reload a page; nothing of what is asked
again may be done twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from threading import Event, Thread
from typing import Self

import httpx

from tests.faults.street import Payer, Street

PRODUCT, SLUG = "ST-6007", "stonevault-key-256-gb"
PATIENCE_SECONDS = 60.0
STEPS = ("cart", "order", "pay page", "pin", "code", "back", "cancel")
_PAUSE_SECONDS = 0.2
_UNPAID = ("The time for this payment is over", "has canceled this payment", "has failed")


class Gone(Exception):
    """There is nothing to be paid any more."""


@dataclass
class Wish:
    """What a buyer wants: `ending` is keep, cancel (a paid order), give up (an unpaid one) or
    leave (without paying); who does not return closes the window after paying.

    `waits_before` names the step before which they wait until they are told to go on.
    """

    email: str
    ending: str = "keep"
    returns: bool = True
    waits_before: str = ""


class Buyer:
    """One buyer, who walks in a thread of their own between `start` and `join`."""

    def __init__(self, street: Street, payer: Payer, wish: Wish) -> None:
        self.wish, self._street, self._payer = wish, street, payer
        self.waits, self.goes, self.paid = Event(), Event(), Event()
        self.trouble = ""
        self._link, self._token = "", ""
        self._browser = httpx.Client(timeout=30.0, trust_env=False)
        self._thread = Thread(target=self._run, name=wish.email, daemon=True)

    def start(self) -> Self:
        """Begin to walk."""
        self._thread.start()
        return self

    def walks(self) -> bool:
        """Whether they are on their way still."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait until they are done."""
        self._thread.join(4 * PATIENCE_SECONDS)
        if self._thread.is_alive():
            self.trouble = "never came to an end"

    def _run(self) -> None:
        try:
            self._walk()
        except Gone:
            pass  # whether that is right, the books tell
        except Exception as error:  # noqa: BLE001 - told with the order that it is about
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            self.waits.set()
            self._browser.close()

    def _walk(self) -> None:
        self._step("cart", self._fill)
        self._step("order", self._order)
        if self.wish.ending == "give up":
            self._step("cancel", self._cancel)
            return
        self._step("pay page", self._pay_url)
        self._before("pin")
        if self.wish.ending == "leave":
            return
        receipt = self._pay(self._pay_url())
        self.paid.set()
        if self.wish.returns:
            self._before("back")
            self._get(unescape(_first(r'href="([^"]*/back\?[^"]*)"', receipt)), 303)
        if self.wish.ending == "cancel":
            self._step("cancel", self._cancel)

    def _step(self, name: str, act: Callable[[], object]) -> None:
        self._before(name)
        act()

    def _before(self, name: str) -> None:
        if name == self.wish.waits_before:
            self.waits.set()
            self.goes.wait(2 * PATIENCE_SECONDS)

    def _fill(self) -> None:
        page = self._get(f"{self._shop}/product/{SLUG}", 200).text
        self._token = _hidden(page, "/cart/add")["csrf_token"]
        self._post(f"{self._shop}/cart/change", {"product": PRODUCT, "quantity": "1"}, 303)

    def _order(self) -> None:
        page = self._get(f"{self._shop}/checkout", 200).text
        address = {"email": self.wish.email, "name": "Ada Byron", "delivery": "pickup"}
        placed = self._post(
            f"{self._shop}/checkout", {**_hidden(page, "/checkout"), **address}, 303
        )
        self._link = _first(r"^(/order/[^/]+)", placed.headers["Location"])

    def _pay_url(self) -> str:
        """Where it is paid, which the bank may have to be asked for once more."""
        for _ in _patiently("an address to pay at"):
            page = self._get(f"{self._shop}{self._link}/pay", 200, 303)
            if page.status_code == 200:
                return unescape(_first(r'href="([^"]*/pay/pi_[^"]*)"', page.text))
            shown = self._get(f"{self._shop}{self._link}", 200).text
            if f'action="{self._link}/pay"' in shown:
                self._post(f"{self._shop}{self._link}/pay", {}, 303)
            elif f"{self._link}/pay" not in shown:
                raise Gone()
        raise AssertionError("unreachable")

    def _pay(self, url: str) -> str:
        """Number, PIN, and the code where one is asked for; the receipt."""
        path = httpx.URL(url).path
        for _ in _patiently("a receipt"):
            page = self._get(url, 200).text
            if "You have paid" in page:
                return page
            if any(text in page for text in _UNPAID):
                raise Gone()
            typed = {"account": self._payer.number, "pin": self._payer.pin}
            answer = self._post(url, {**_hidden(page, path), **typed})
            if answer.status_code == 303 and answer.headers["Location"].endswith("/code"):
                self._before("code")
                self._type_code(url)
        raise AssertionError("unreachable")

    def _type_code(self, url: str) -> None:
        for _ in _patiently("a code"):
            page = self._get(f"{url}/code", 200, 303)
            if page.status_code == 303:
                return
            if code := self._street.code(_first(r"<dd>([0-9A-Z]{4}-[0-9A-Z]{4})</dd>", page.text)):
                hidden = _hidden(page.text, f"{httpx.URL(url).path}/code")
                self._post(f"{url}/code", {**hidden, "code": code})

    def _cancel(self) -> None:
        shown = self._get(f"{self._shop}{self._link}", 200).text
        if f'action="{self._link}/cancel"' in shown:
            self._post(f"{self._shop}{self._link}/cancel", {}, 303)

    @property
    def _shop(self) -> str:
        return self._street.shop.address

    def _get(self, url: str, *wanted: int) -> httpx.Response:
        return self._asked("GET", url, None, wanted)

    def _post(self, url: str, data: dict[str, str], *wanted: int) -> httpx.Response:
        token = {"csrf_token": self._token} if url.startswith(self._shop) else {}
        return self._asked("POST", url, {**token, **data}, wanted)

    def _asked(
        self, method: str, url: str, data: dict[str, str] | None, wanted: tuple[int, ...]
    ) -> httpx.Response:
        """Ask until it answers; with a status that was wanted, if one is."""
        said: list[object] = []
        parts = httpx.URL(url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc.decode()}"} if data else {}
        for _ in _patiently(f"{method} {parts.path}", said):
            try:
                answer = self._browser.request(method, url, data=data, headers=headers)
            except httpx.HTTPError as error:
                said.append(type(error).__name__)
                continue
            said.append(answer.status_code)
            if answer.status_code in wanted or (not wanted and answer.status_code < 500):
                return answer
        raise AssertionError("unreachable")


def _patiently(what: str, said: Sequence[object] = ()) -> Iterator[None]:
    """Again and again, with a pause; AssertionError when patience is over."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError(f"no patience left: {what} {said[-1:]}")


def _hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes there."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if f'action="{action}"' in form:
            found = re.findall(r'type="hidden" name="(\w+)" value="(.*?)"', form)
            return {name: unescape(value) for name, value in found}
    raise AssertionError(f"the page has no form for {action}")


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"nothing like {pattern}"
    return found[1]

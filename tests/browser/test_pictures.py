"""Pictures of the main pages, to be looked at. With PICTURES=yes in the environment they are
written to `pictures/`; two of them, which the README shows, to `docs/pictures/`.
"""

from __future__ import annotations

import os

import pytest

from tests.browser.visiting import Visitors
from tests.running import ROOT

WANTED = bool(os.environ.get("PICTURES"))
README = {"overview": "alice", "desk": "teller"}
MAIN = {
    "home": ("", "/"),
    "open-account": ("", "/open-account"),
    "overview": ("alice", "/my"),
    "transfer": ("alice", "/my/transfer"),
    "transactions": ("alice", "/my/transactions"),
    "statements": ("alice", "/my/statements"),
    "security": ("alice", "/my/security"),
    "profile": ("alice", "/my/profile"),
    "desk": ("teller", "/desk"),
    "desk-accounts": ("teller", "/desk/accounts"),
    "desk-transactions": ("teller", "/desk/transactions"),
    "desk-approvals": ("teller", "/desk/approvals"),
    "desk-books": ("auditor", "/desk/books"),
}
LOOKS = {
    "desktop": {},
    "phone": {"phone": True},
    "dark": {"color_scheme": "dark"},
    "phone-dark": {"phone": True, "color_scheme": "dark"},
}


@pytest.mark.skipif(not WANTED, reason="PICTURES=yes takes them")
@pytest.mark.parametrize("name", MAIN)
def test_a_picture_shows_a_page_as_it_is(visitor: Visitors, name: str) -> None:
    who, path = MAIN[name]
    for look, options in LOOKS.items():
        if "dark" in look and name not in README:
            continue
        visit = visitor(**options)
        if who:
            visit.log_in(who)
        page = visit.open(path)
        folder = ROOT / "pictures"
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
        assert page.locator("h1").is_visible()
        if name in README and look == "desktop":
            page.screenshot(path=ROOT / "docs/pictures" / f"{name}.png")

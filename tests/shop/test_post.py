"""The shop's mails: written with what they tell about, sent once, tried again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme

from shop.config import Secret
from shop.controllers.letters import Letter
from shop.controllers.post import Console, NotSent, Post, carrier_of
from shop.controllers.shop import Shop
from shop.models.outbox import Mail
from tests.conftest import Clock
from tests.mail_servers import server_context, smtp_server, trust
from tests.shop import make


class Carrier:
    """Takes mails, or refuses them."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.broken: type[Exception] | None = None

    def send(self, mail: Mail) -> None:
        """Take it."""
        if self.broken:
            raise self.broken("not now")
        self.sent.append(mail)


@pytest.fixture
def carrier() -> Carrier:
    """A way out."""
    return Carrier()


@pytest.fixture
def post(shop: Shop, carrier: Carrier, shop_clock: Clock) -> Post:
    """A post office with that way out."""
    return Post(shop.database, shop_clock, carrier)


LETTER = Letter("paid", "Your order", "Hello")


def states(shop: Shop) -> list[str]:
    return [each["status"] for each in shop.database.collection("outbox").find({})]


def test_a_mail_is_sent_once_by_many_senders_and_its_text_forgotten(
    shop: Shop, post: Post, carrier: Carrier
) -> None:
    for _ in range(5):
        post.put("ada@example.com", LETTER)
    with ThreadPoolExecutor(5) as senders:
        list(senders.map(lambda _: [post.send_next() for _ in range(5)], range(5)))
    assert len(carrier.sent) == 5
    assert {each["text"] for each in shop.database.collection("outbox").find({})} == {None}


@pytest.mark.parametrize("why", [NotSent, RuntimeError])
def test_a_mail_that_is_not_taken_is_tried_again_later(
    post: Post, carrier: Carrier, shop_clock: Clock, why: type[Exception]
) -> None:
    post.put("ada@example.com", LETTER)
    carrier.broken = why
    assert post.send_next()
    assert not post.send_next()
    carrier.broken = None
    shop_clock.forward(minutes=1)
    post.send_next()
    assert [each.text for each in carrier.sent] == ["Hello"]


def test_a_mail_is_given_up_after_a_day(
    shop: Shop, post: Post, carrier: Carrier, shop_clock: Clock
) -> None:
    post.put("ada@example.com", LETTER)
    carrier.broken = NotSent
    shop_clock.forward(hours=25)
    post.send_next()
    shop_clock.forward(days=9)
    assert not post.send_next()
    assert states(shop) == ["given_up"]


def test_a_sender_whose_claim_is_over_marks_nothing(
    shop: Shop, post: Post, shop_clock: Clock
) -> None:
    post.put("ada@example.com", LETTER)
    quick = Carrier()

    class Slow(Carrier):
        """While it sends, its claim ends, and another one sends."""

        def send(self, mail: Mail) -> None:
            shop_clock.forward(minutes=3)
            Post(shop.database, shop_clock, quick).send_next()
            raise NotSent("too late")

    post.carrier = Slow()
    post.send_next()
    assert len(quick.sent) == 1
    assert states(shop) == ["sent"]


def test_a_mail_of_what_was_undone_is_not_sent(shop: Shop, post: Post) -> None:
    def work() -> None:
        post.put("ada@example.com", LETTER)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        shop.database.atomically(work)
    assert not post.send_next()


class Mailbox:
    """What an SMTP server was handed."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def handle_DATA(  # noqa: N802 - as the server calls it
        self, server: object, session: object, envelope: Any
    ) -> str:
        """Take it."""
        self.taken.append(envelope.content)
        return "250 OK"


def test_an_smtp_server_gets_the_mail_encrypted_and_once(
    shop: Shop, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, box = trustme.CA(), Mailbox()
    trust(authority, tmp_path, monkeypatch)
    post.put("ada@example.com", Letter("paid", "Your order, Zürich", "Hello Ada"))
    with smtp_server(box, server_context(authority)) as port:
        config = replace(shop.config, mail_url=Secret(f"smtp://localhost:{port}"))
        post.carrier = carrier_of(config, print)
        assert post.send_next()
    (content,) = box.taken
    made = message_from_bytes(content, policy=default)
    assert (made["To"], made["Subject"]) == ("ada@example.com", "Your order, Zürich")
    assert made["Message-ID"].endswith("@localhost>")
    assert states(shop) == ["sent"]


def test_an_smtp_server_without_encryption_gets_nothing(shop: Shop, post: Post) -> None:
    box = Mailbox()
    post.put("ada@example.com", LETTER)
    with smtp_server(box, None) as port:
        config = replace(shop.config, mail_url=Secret(f"smtp://localhost:{port}"))
        post.carrier = carrier_of(config, print)
        post.send_next()
    assert box.taken == []
    assert states(shop) == ["waiting"]


def test_the_console_prints_a_mail_with_the_order_s_link_in_its_text_alone(
    shop: Shop, post: Post
) -> None:
    order = make.placed(shop)
    printed: list[str] = []
    post.carrier = Console(printed.append)
    link = f"{shop.config.address}/order/{order.link}"
    post.put(order.email, Letter("paid", f"Your order {order.number}", link))
    post.send_next()
    subject = next(line for line in printed[0].splitlines() if line.startswith("Subject"))
    assert order.link not in subject
    assert link in printed[0]

"""Mails: posted with what they tell about, sent once, tried again for a day, and then forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Secret
from app.controllers.bank import Bank
from app.controllers.mail import Letter, Post, carrier_of
from app.controllers.mail.sender import pause_seconds
from app.controllers.sending import NotSent
from app.models import outbox
from app.models.database import Database
from app.models.outbox import Posted
from tests import make
from tests.conftest import Clock
from tests.faults.replica_set import await_until
from tests.together import together

LETTER = Letter("confirm address", "dana@example.com", "Your code", "The code is 493021.")


@dataclass
class Mailman:
    """A way out that notes what it was given, or does not take it."""

    refuses: Callable[[], NotSent | None] = lambda: None
    sent: list[tuple[str, Letter]] = field(default_factory=list)

    def send(self, letter: Letter, id: str) -> None:
        """Take it, or not."""
        if refusal := self.refuses():
            raise refusal
        self.sent.append((id, letter))


@pytest.fixture
def mailman() -> Mailman:
    return Mailman()


@pytest.fixture
def post(bank: Bank, clock: Clock, mailman: Mailman) -> Post:
    """A post office that sends when it is told to."""
    return Post(bank.config, bank.database, clock, mailman)


def only(database: Database) -> Posted:
    """The one mail in the outbox."""
    (mail,) = outbox.page(database, None, None, 10)
    return mail


def test_a_letter_is_sent_as_it_was_written_and_its_text_forgotten(
    post: Post, mailman: Mailman, database: Database
) -> None:
    post.put(LETTER)
    waiting = only(database)
    assert post.send_next()
    assert mailman.sent == [(waiting.id, LETTER)]
    sent = only(database)
    assert (sent.status, sent.sealed, sent.error) == ("sent", None, None)
    assert sent.sent_at is not None
    assert not post.send_next()


def test_nobody_can_read_a_waiting_letter_in_the_database(post: Post, database: Database) -> None:
    post.put(LETTER)
    assert "493021" not in str(database.collection(outbox.NAME).find_one({}))


def test_a_letter_is_posted_if_and_only_if_its_transaction_is_committed(
    post: Post, bank: Bank
) -> None:
    class Undone(Exception):
        """Something else in the transaction fails."""

    def work() -> None:
        post.put(LETTER)
        raise Undone

    with pytest.raises(Undone):
        bank.database.attempt(work)
    assert not post.send_next()
    bank.database.attempt(lambda: post.put(LETTER))
    assert post.send_next()


def test_letters_go_out_in_the_order_in_which_they_came(
    post: Post, mailman: Mailman, clock: Clock
) -> None:
    for text in ("first", "second", "third"):
        post.put(replace(LETTER, text=text))
        clock.forward(seconds=1)
    while post.send_next():
        pass
    assert [letter.text for _, letter in mailman.sent] == ["first", "second", "third"]


def test_many_senders_send_each_letter_once(
    post: Post, mailman: Mailman, bank: Bank, clock: Clock
) -> None:
    for number in range(40):
        post.put(replace(LETTER, text=str(number)))
    others = [Post(bank.config, bank.database, clock, mailman) for _ in range(8)]

    def empty(number: int) -> None:
        while others[number].send_next():
            pass

    together(8, empty)
    texts = sorted(int(letter.text) for _, letter in mailman.sent)
    assert texts == list(range(40))


def test_a_sender_that_was_killed_while_it_sent_loses_nothing(
    post: Post, mailman: Mailman, database: Database, clock: Clock
) -> None:
    class Killed(BaseException):
        """No code runs after it."""

    def killed() -> NotSent | None:
        raise Killed

    post.put(LETTER)
    mailman.refuses = killed
    with pytest.raises(Killed):
        post.send_next()
    mailman.refuses = lambda: None
    clock.forward(seconds=119)
    assert not post.send_next()
    clock.forward(seconds=2)
    assert post.send_next()
    assert [id for id, _ in mailman.sent] == [only(database).id]


def test_a_sender_that_comes_back_late_marks_nothing(
    post: Post, database: Database, clock: Clock
) -> None:
    post.put(LETTER)
    late = outbox.claim(database, clock(), timedelta(minutes=2))
    assert late is not None
    clock.forward(minutes=3)
    present = outbox.claim(database, clock(), timedelta(minutes=2))
    assert present is not None
    assert present.fence == late.fence + 1
    assert not outbox.mark_sent(database, late, clock())
    assert not outbox.try_later(database, late, clock(), "late")
    assert not outbox.give_up(database, late, "late")
    assert only(database) == present
    assert outbox.mark_sent(database, present, clock())
    assert not outbox.mark_sent(database, present, clock())


def test_what_was_not_sent_is_tried_later_and_later_for_a_day(
    post: Post, mailman: Mailman, database: Database, clock: Clock
) -> None:
    mailman.refuses = lambda: NotSent("the server answered 451")
    post.put(LETTER)
    start, tries = clock(), []
    while only(database).status == "waiting":
        due = only(database).next_at
        clock.offset += max(due - clock(), timedelta())
        tries.append(clock() - start)
        assert post.send_next()
    pauses = [after - before for before, after in pairwise(tries)]
    assert timedelta(seconds=5) <= pauses[0] <= timedelta(seconds=11)
    assert max(pauses) <= timedelta(hours=1, seconds=2)
    assert timedelta(hours=22) < tries[-1] <= timedelta(hours=24)
    given_up = only(database)
    assert (given_up.status, given_up.sealed) == ("given_up", None)
    assert given_up.error == "the server answered 451"
    assert not post.send_next()


def test_who_asks_to_wait_is_given_the_time(
    post: Post, mailman: Mailman, database: Database, clock: Clock
) -> None:
    mailman.refuses = lambda: NotSent("the provider answered 429", after=900)
    post.put(LETTER)
    asked = clock()
    post.send_next()
    assert only(database).next_at - asked >= timedelta(seconds=900)


@pytest.mark.parametrize("tries", [1, 2, 9, 500])
def test_pauses_double_up_to_an_hour_and_differ(tries: int) -> None:
    longest = min(5.0 * 2**tries, 3600.0)
    pauses = {pause_seconds(tries, None) for _ in range(50)}
    assert len(pauses) > 1
    assert all(longest / 2 <= pause <= longest for pause in pauses)


def test_what_can_never_be_sent_is_given_up_at_once(
    post: Post, mailman: Mailman, database: Database
) -> None:
    mailman.refuses = lambda: NotSent("the server refused the reader (550)", final=True)
    post.put(LETTER)
    post.send_next()
    assert only(database).status == "given_up"


def test_a_letter_that_breaks_its_sender_does_not_stop_the_others(
    post: Post, mailman: Mailman, database: Database, clock: Clock
) -> None:
    def broken() -> NotSent | None:
        raise LookupError("with a secret in its text")

    mailman.refuses = broken
    post.put(LETTER)
    assert post.send_next()
    assert only(database).error == "LookupError"
    clock.forward(minutes=1)
    mailman.refuses = lambda: None
    assert post.send_next()


def test_nobody_redirects_a_letter_by_an_edit_of_its_document(
    post: Post, mailman: Mailman, database: Database
) -> None:
    post.put(LETTER)
    database.collection(outbox.NAME).update_one({}, {"$set": {"to": "thief@example.com"}})
    post.send_next()
    assert [letter.to for _, letter in mailman.sent] == ["dana@example.com"]


def test_a_letter_sealed_with_another_key_is_given_up_and_says_why(
    post: Post, mailman: Mailman, bank: Bank, clock: Clock
) -> None:
    other = replace(bank.config, secret_key=Secret("another-secret-0123456789-abcdefghijkl"))
    Post(other, bank.database, clock, mailman).put(LETTER)
    post.send_next()
    assert mailman.sent == []
    assert only(bank.database).error == "its text was sealed with another SECRET_KEY"


@pytest.mark.parametrize("text", ["dana@example.com\r\nBcc: all@example.com", "a\nb", "a\x00b"])
def test_nothing_adds_a_header(text: str) -> None:
    for wrong in ({"to": text}, {"subject": text}):
        with pytest.raises(ValueError, match="one line"):
            replace(LETTER, **wrong)


def test_the_thread_sends_what_is_posted_until_it_is_ended(
    post: Post, mailman: Mailman, database: Database
) -> None:
    post.start()
    post.put(LETTER)
    post.look()
    await_until(lambda: only(database).status == "sent", "mail")
    post.end()
    post.join(5.0)
    post.put(LETTER)
    assert not Event().wait(1.2)  # longer than the thread would take to look again
    assert len(mailman.sent) == 1


def test_bankers_see_what_became_of_mails_but_not_what_they_say(
    client: FlaskClient, bank: Bank, clock: Clock
) -> None:
    mailman = Mailman()
    post = Post(bank.config, bank.database, clock, mailman)
    tess = make.banker(client)
    post.put(LETTER)
    post.send_next()
    mailman.refuses = lambda: NotSent("the server refused the reader (550)", final=True)
    post.put(replace(LETTER, to="eve@example.org"))
    post.send_next()
    answer = tess.get("/banker/mails")
    assert [(row["to"], row["status"], row["tries"]) for row in answer.json["items"]] == [
        ("e***@e***.org", "given_up", 1),
        ("d***@e***.com", "sent", 1),
    ]
    assert "493021" not in answer.text
    (given_up,) = tess.get("/banker/mails?status=given_up").json["items"]
    assert given_up["error"] == "the server refused the reader (550)"
    assert tess.get("/banker/mails?status=lost").status_code == 422


def test_mails_are_read_page_by_page(client: FlaskClient, post: Post) -> None:
    tess = make.banker(client)
    for _ in range(5):
        post.put(LETTER)
    first = tess.get("/banker/mails?limit=3").json
    second = tess.get(f"/banker/mails?limit=3&cursor={first['next']}").json
    ids = [row["id"] for row in [*first["items"], *second["items"]]]
    assert (len(ids), ids) == (5, sorted(ids, reverse=True))
    assert second["next"] is None


def test_a_demo_shows_its_mails_and_nobody_else_does(make_app: Callable[..., Flask]) -> None:
    demo = make_app(demo=True)
    post = demo.extensions["bank"].post
    post.put(LETTER)
    post.send_next()
    (shown,) = demo.test_client().get("/dev/outbox").json["items"]
    assert (shown["to"], shown["subject"], shown["text"]) == (
        LETTER.to, LETTER.subject, LETTER.text,
    )  # fmt: skip
    assert make_app().test_client().get("/dev/outbox").status_code == 404


def test_the_console_prints_a_mail(bank: Bank, clock: Clock) -> None:
    said: list[str] = []
    post = Post(bank.config, bank.database, clock, carrier_of(bank.config, said.append))
    post.put(LETTER)
    post.send_next()
    assert "To: dana@example.com\nSubject: Your code\n\nThe code is 493021.\n" in said[0]

"""The post office: seals letters into the outbox, and sends them from there in a thread.

What was not sent is tried again, later and later, for a day.
"""

from __future__ import annotations

import base64
import json
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.config import Config
from app.controllers.mail.carriers import Carrier, Console, Shown
from app.controllers.mail.letters import Letter
from app.controllers.mail.notices import NEWS
from app.controllers.sending import LEASE, NotSent, Sending
from app.models import outbox
from app.models.claims import Told
from app.models.database import Database
from app.models.outbox import Posted

_KEPT = timedelta(days=1)
_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 3600.0
_log = logging.getLogger(__name__)


class Post(Sending[Posted]):
    """One for each process. Without `start` it only takes letters in."""

    def __init__(
        self, config: Config, database: Database, clock: Callable[[], datetime], carrier: Carrier
    ) -> None:
        self.carrier = carrier
        self._database = database
        self._clock = clock
        keys = [base64.urlsafe_b64encode(key) for key in config.keys("outbox")]
        self._seal = MultiFernet([Fernet(key) for key in keys])
        super().__init__("mail", self._claimed, self._try)

    def put(self, letter: Letter) -> None:
        """Take the letter in; inside a transaction it is sent if and only if that is committed."""
        outbox.put(self._database, self._sealed(letter))

    def told(self, letter: Letter) -> Told:
        """The letter as something that a posting tells: sent if and only if money moves."""
        return Told(outbox.NAME, outbox.to_document(self._sealed(letter)))

    def _sealed(self, letter: Letter) -> Posted:
        text = json.dumps([letter.kind, letter.to, letter.subject, letter.text])
        return outbox.new_mail(
            kind=letter.kind, to=letter.to, subject=letter.subject,
            sealed=self._seal.encrypt(text.encode()), now=self._clock(),
        )  # fmt: skip

    def _claimed(self) -> Posted | None:
        return outbox.claim(self._database, self._clock(), LEASE)

    def _try(self, mail: Posted) -> None:
        try:
            self.carrier.send(self._opened(mail), mail.id)
        except NotSent as reason:
            self._not_sent(mail, reason)
        except Exception as error:  # noqa: BLE001 - whatever one mail does, the others must go out
            _log.exception("a mail cannot be sent", extra={"code": mail.kind})
            self._not_sent(mail, NotSent(type(error).__name__))
        else:
            if not outbox.mark_sent(self._database, mail, self._clock()):
                # Somebody else has claimed it meanwhile: its reader may get it twice.
                _log.warning("a mail was sent after its claim was over", extra={"code": mail.kind})

    def _opened(self, mail: Posted) -> Letter:
        try:
            text = self._seal.decrypt(mail.sealed or b"")
        except InvalidToken:
            raise NotSent("its text was sealed with another SECRET_KEY", final=True) from None
        # What is sent is what was sealed: nobody redirects a mail by an edit of its document.
        return Letter(*json.loads(text))

    def _not_sent(self, mail: Posted, reason: NotSent) -> None:
        now = self._clock()
        at = now + timedelta(seconds=pause_seconds(mail.fence, reason.after))
        if reason.final or at - mail.created_at > _KEPT:
            _log.error("a mail is given up", extra={"code": mail.kind, "error": str(reason)})
            # What stays news may still be sent again by hand.
            forget = mail.kind not in NEWS
            outbox.give_up(self._database, mail, str(reason), forget=forget)
        else:
            outbox.try_later(self._database, mail, at, str(reason))


def pause_seconds(tries: int, asked: float | None) -> float:
    """How long to wait after so many tries: twice as long each time, up to an hour, with jitter so
    that not all mails come back at once; and not shorter than was `asked`."""
    longest = min(_FIRST_PAUSE_SECONDS * 2 ** min(tries, 20), _LONGEST_PAUSE_SECONDS)
    return max(random.uniform(longest / 2, longest), asked or 0.0)  # noqa: S311


def printed(post: Post) -> list[Shown]:
    """What this process printed instead of sending, newest first; nothing where mails are sent."""
    return post.carrier.shown() if isinstance(post.carrier, Console) else []

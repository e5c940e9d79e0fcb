"""Who tries too often: log-ins, codes, and mails with codes.

A try takes a place before the password is looked at and gives it back when it was right, so a
burst of a thousand gets no more looks than a thousand in turn. Nobody is locked out for good: a
name opens again after minutes, whoever shut it, and a device that its owner has logged in with
before has tries of its own. Who only meets others that are being looked at waits for a moment.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore

from app.controllers import quotas
from app.controllers.bank import Bank
from app.controllers.mail import Letter, notices
from app.controllers.quotas import Quota, Window, hashed, network
from app.errors import InvalidCode, TooManyTries, WrongCredentials
from app.models import throttles, users
from app.models.throttles import Bucket
from app.models.users import User, key_of

NAME_TRIES = 5
ADDRESS_TRIES = 10
NAMES_AN_HOUR = 20
WRONG_EVERYWHERE = 1000
NAME_TRIES_IN_A_STORM = 2
ADDRESS_TRIES_IN_A_STORM = 3
CODE_TRIES, CODES_AN_HOUR, CODES_A_DAY = 5, 20, 50

_WRONG = (WrongCredentials, InvalidCode)
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))
_LONG = timedelta(minutes=8)
_TOLD_FROM = 3
_FIVE_MINUTES, _HOUR, _DAY = 300, 3600, 86400

_Owner = Callable[[], User | None]
_Notice = Callable[[str, User, int], Letter | None]

_MAILS_TO = Quota("codes to", (Window(3, _HOUR), Window(10, _DAY)))
_MAILS_FROM = Quota("codes from", (Window(20, _HOUR),))
_ASKED_BY = Quota("codes asked by", (Window(10, _HOUR), Window(30, _DAY)))
_FORGOTTEN = Quota("forgotten", (Window(3, _HOUR), Window(5, _DAY)))
_FORGETFUL = Quota("forgetful", (Window(10, _HOUR),))

_LINE = BoundedSemaphore(16)  # for those who wait between others: threads are not without end
_PAUSES_SECONDS = (0.05, 0.1, 0.15, 0.2, *[0.25] * 6)


class Attempt:
    """A log-in that is being looked at."""

    def __init__(self) -> None:
        self.complete = True

    def halfway(self) -> None:
        """Right so far, not in yet: the try does not count, but the wrong ones before are not
        forgotten until `came_in`."""
        self.complete = False


@contextmanager
def logging_in(bank: Bank, name: str, address: str, device: str | None = None) -> Iterator[Attempt]:
    """One try of a name and a password. Raises TooManyTries, the same for names nobody has.

    `device` is one that this very person has logged in with before; it is not asked whether the
    name is shut. What WrongCredentials or InvalidCode ends counts; what ends otherwise, well or
    with a busy bank, does not.
    """
    attempt = Attempt()
    if not bank.config.ratelimit_enabled:
        yield attempt
        return
    tries = _Tries(bank)
    with _settled(tries):
        storm = not tries.take_if_free(_window(bank, "log-ins", "", WRONG_EVERYWHERE))
        stern = storm and not device
        from_here = ADDRESS_TRIES_IN_A_STORM if stern else ADDRESS_TRIES
        tries.take(_window(bank, "log-in address", network(address), from_here))
        tries.take(_names(bank, name, address))
        own = _own(bank, name, device, NAME_TRIES_IN_A_STORM if stern else NAME_TRIES)
        tries.take(own, lambda: users.find_by_username(bank.database, name), notices.shut_for_long)
        yield attempt
    if attempt.complete:
        came_in(bank, name, device)


def came_in(bank: Bank, name: str, device: str | None = None) -> None:
    """Forget the wrong tries before; the person hears of them by mail if there were some."""
    if not bank.config.ratelimit_enabled:
        return
    wrong = throttles.forget(bank.database, _own(bank, name, device, NAME_TRIES))
    if device:
        # Those of somebody else: they stay, or an attacker would begin anew with each log-in.
        by_name = _own(bank, name, None, NAME_TRIES)
        wrong += throttles.untold(bank.database, by_name, _TOLD_FROM)
    if wrong >= _TOLD_FROM and (user := users.find_by_username(bank.database, name)):
        _tell(bank, notices.came_in_after(bank.config.bank_name, user, wrong))


@contextmanager
def second_factor(bank: Bank, person_id: str, address: str) -> Iterator[None]:
    """One try of a code, by a person who is known. Raises TooManyTries; counts as `logging_in`."""
    if not bank.config.ratelimit_enabled:
        yield
        return
    tries = _Tries(bank)
    own = Bucket(f"code {person_id}", CODE_TRIES, _WAITS)
    with _settled(tries):
        tries.take(_window(bank, "code address", network(address), ADDRESS_TRIES))
        tries.take(_window(bank, "codes a day", person_id, CODES_A_DAY, _DAY))
        tries.take(_window(bank, "codes an hour", person_id, CODES_AN_HOUR, _HOUR))
        tries.take(own, lambda: users.find_user(bank.database, person_id), notices.wrong_codes)
        yield
    throttles.forget(bank.database, own)


def codes_to(bank: Bank, email: str, address: str) -> AbstractContextManager[None]:
    """Count a mail with a code to an e-mail address, asked for from a network address. Raises
    TooManyTries; nothing is given back."""
    _count(bank, _MAILS_FROM, network(address))
    _count(bank, _MAILS_TO, key_of(email.strip()))
    return nullcontext()


def codes_for(bank: Bank, person_id: str) -> None:
    """As `codes_to`, for a person who is known, wherever the mail goes."""
    _count(bank, _ASKED_BY, person_id)


def forgetting(bank: Bank, identifier: str, address: str) -> AbstractContextManager[None]:
    """Count a forgotten password of that user name or e-mail address, whether it exists or not.
    Raises TooManyTries; nothing is given back."""
    _count(bank, _FORGETFUL, network(address))
    _count(bank, _FORGOTTEN, key_of(identifier.strip()))
    return nullcontext()


class _Tries:
    """Places taken in buckets, in the order of asking, until all are settled together."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._now = bank.now()
        self._taken: list[Bucket] = []
        self._warning: tuple[Bucket, _Owner, _Notice] | None = None

    def take_if_free(self, bucket: Bucket) -> bool:
        """Take a place without waiting for one."""
        if throttles.reserve(self._bank.database, bucket, self._now):
            return False
        self._taken.append(bucket)
        return True

    def take(
        self, bucket: Bucket, owner: _Owner | None = None, notice: _Notice | None = None
    ) -> None:
        """Take a place. The owner gets the notice when the bucket is shut for long."""
        until = self._reserve(bucket)
        if until:
            seconds = math.ceil((until - self._now).total_seconds())
            raise TooManyTries("wait, then try again", retry_after=max(seconds, 1))
        self._taken.append(bucket)
        if owner and notice:
            self._warning = (bucket, owner, notice)

    def _reserve(self, bucket: Bucket) -> datetime | None:
        """As the model does; where only others are in between, wait for them for a moment."""
        until = throttles.reserve(self._bank.database, bucket, self._now)
        if until == self._now and _LINE.acquire(blocking=False):
            try:
                for seconds in _PAUSES_SECONDS:
                    time.sleep(seconds)
                    until = throttles.reserve(self._bank.database, bucket, self._now)
                    if until != self._now:
                        break
            finally:
                _LINE.release()
        return until

    def give_back(self) -> None:
        """None of them counts."""
        for bucket in self._taken:
            throttles.forgive(self._bank.database, bucket)

    def fail(self) -> None:
        """All of them count."""
        tried = {each: throttles.fail(self._bank.database, each, self._now) for each in self._taken}
        if self._warning:
            bucket, owner, notice = self._warning
            until = tried[bucket].until
            if until and until - self._now >= _LONG:
                self._warn(bucket, owner(), notice, tried[bucket].tries)

    def _warn(self, bucket: Bucket, user: User | None, notice: _Notice, wrong: int) -> None:
        """Once until somebody comes in: a mail each quarter of an hour would be a nuisance too."""
        if user and throttles.tell_shut(self._bank.database, bucket):
            _tell(self._bank, notice(self._bank.config.bank_name, user, wrong))


@contextmanager
def _settled(tries: _Tries) -> Iterator[None]:
    try:
        yield
    except _WRONG:
        tries.fail()
        raise
    except BaseException:
        tries.give_back()
        raise
    tries.give_back()


def _own(bank: Bank, name: str, device: str | None, free: int) -> Bucket:
    """Of a name, or of a name on a device, whether it exists or not."""
    if device:
        return Bucket(f"log-in device {hashed(bank, f'{key_of(name)} {device}')}", free, _WAITS)
    return Bucket(f"log-in name {hashed(bank, key_of(name))}", free, _WAITS)


def _names(bank: Bank, name: str, address: str) -> Bucket:
    """Different names from one address: whoever tries one password on many."""
    found = _window(bank, "log-in names", network(address), NAMES_AN_HOUR, _HOUR)
    return replace(found, name=hashed(bank, key_of(name)))


def _window(bank: Bank, kind: str, subject: str, free: int, seconds: int = _FIVE_MINUTES) -> Bucket:
    """Wrong tries within a window of the clock."""
    now, window = bank.now(), Window(free, seconds)
    id = f"{kind} {hashed(bank, f'{kind} {subject}')} {window.number(now)}"
    return Bucket(id, free, (timedelta(seconds=window.ends_in(now)),), window=True)


def _count(bank: Bank, quota: Quota, subject: str) -> None:
    if bank.config.ratelimit_enabled:
        counted = quotas.count(bank, quota, hashed(bank, subject), bank.now())
        if not counted.admitted:
            raise TooManyTries("wait, then ask again", retry_after=counted.retry_after)


def _tell(bank: Bank, letter: Letter | None) -> None:
    if letter:
        bank.post.put(letter)
        bank.post.look()

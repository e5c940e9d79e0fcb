"""Reads that share a query: each asker gets an answer of its own, read after the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from app.models.gathering import Gathering

NAMES = [f"name-{number}" for number in range(20)]


class Shelf:
    """Something to read from, which can be made to wait; it notes what it was asked."""

    def __init__(self) -> None:
        self.values = {name: name.upper() for name in NAMES}
        self.asked: list[list[str]] = []
        self.reading = Event()
        self.go_on = Event()
        self.error: Exception | None = None

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """The values of those names."""
        self.asked.append(list(names))
        self.reading.set()
        assert self.go_on.wait(10)
        if self.error:
            raise self.error
        return {name: self.values[name] for name in names if name in self.values}


@pytest.fixture
def shelf() -> Shelf:
    """A shelf whose first reader waits for `go_on`."""
    return Shelf()


def ask(shelf: Shelf, names: Sequence[str]) -> list[Future[str | None]]:
    """Ask for the first name, and for the others while that read runs; then let it go on."""
    gathering = Gathering(shelf.read)
    pool = ThreadPoolExecutor(len(names))
    first = pool.submit(gathering.find, names[0])
    assert shelf.reading.wait(10)
    others = [pool.submit(gathering.find, name) for name in names[1:]]
    while len(gathering._waiting) < len(others):
        pass
    shelf.go_on.set()
    pool.shutdown()
    return [first, *others]


def test_those_who_ask_while_one_reads_share_the_next_read(shelf: Shelf) -> None:
    answers = ask(shelf, NAMES)
    assert [answer.result() for answer in answers] == [name.upper() for name in NAMES]
    assert [len(names) for names in shelf.asked] == [1, len(NAMES) - 1]


def test_what_does_not_exist_is_nothing_and_takes_nothing_from_the_others(shelf: Shelf) -> None:
    answers = ask(shelf, [NAMES[0], "nobody", NAMES[1]])
    assert [answer.result() for answer in answers] == ["NAME-0", None, "NAME-1"]


def test_a_value_that_changes_while_somebody_reads_is_new_for_those_who_ask_then(
    shelf: Shelf,
) -> None:
    shelf.values["name-1"] = "before"
    gathering = Gathering(shelf.read)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(gathering.find, "name-0")
        assert shelf.reading.wait(10)
        shelf.values["name-1"] = "after"
        second = pool.submit(gathering.find, "name-1")
        shelf.go_on.set()
        assert (first.result(), second.result()) == ("NAME-0", "after")


def test_a_read_that_fails_fails_for_those_who_wait_and_the_next_one_is_made(shelf: Shelf) -> None:
    shelf.error = OSError("no answer")
    answers = ask(shelf, NAMES[:3])
    assert [type(answer.exception()) for answer in answers] == [OSError] * 3
    assert shelf.asked == [["name-0"]]


def test_after_a_failure_it_reads_again(shelf: Shelf) -> None:
    shelf.go_on.set()
    shelf.error = OSError("no answer")
    gathering = Gathering(shelf.read)
    with pytest.raises(OSError, match="no answer"):
        gathering.find("name-0")
    shelf.error = None
    assert gathering.find("name-0") == "NAME-0"


def test_many_threads_that_ask_for_ever_other_names_all_get_their_own() -> None:
    gathering = Gathering(lambda names: {name: name.upper() for name in names})
    wanted = [f"key-{number}" for number in range(4000)]
    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(gathering.find, wanted)) == [name.upper() for name in wanted]

"""A short run of one customer, and faults to plant in it; `test_checker.py` has them found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from bson import Int64
from flask.testing import FlaskClient

from app.models.canonical import hash_of
from tests import make
from tests.faults.checker import check
from tests.faults.history import History, Movement

Fault = Callable[["Run"], None]
FAULTS: list[tuple[Fault, set[str]]] = []


class Run:
    """A short run on two accounts with its history, and the database as its administrator."""

    def __init__(self, client: FlaskClient, history: History, raw: Any) -> None:
        self.history = history
        self.raw = raw
        self.dana = make.customer(client, "dana")
        self.current = self.dana.account
        self.savings = str(self.dana.post("/accounts").json["account"])
        for account in (self.current, self.savings):
            history.account(account)
        self.first = self.move(self.new_deposit(5000))
        self.move(Movement("transfer", self.current, 1200, uuid4().hex, self.savings))
        self.move(Movement("withdrawal", self.savings, 300, uuid4().hex))
        self.move(Movement("withdrawal", self.savings, 99_999, uuid4().hex))
        self.last = self.move(self.new_deposit(700))

    def new_deposit(self, minor: int = 100) -> Movement:
        """What may be asked for, and was not yet."""
        return Movement("deposit", self.current, minor, uuid4().hex)

    def move(self, movement: Movement) -> Movement:
        """Ask for it, and note the answer."""
        id = self.history.invoke(movement, "test")
        answer = self.send(movement)
        if answer.status_code == 201:
            self.history.ok(id, answer.json["id"])
        else:
            self.history.refused(id, answer.json["type"].rpartition("/")[2])
        return movement

    def send(self, movement: Movement) -> Any:
        """Ask for it, past the history."""
        path = {"withdrawal": "/withdraw"}.get(movement.kind, f"/{movement.kind}")
        body = {"account": movement.account, "amount": f"{movement.minor / 100:.2f}"}
        body |= {"to": movement.to} if movement.to else {}
        return self.dana.post(path, body, headers={"Idempotency-Key": movement.key})

    def made(self, movement: Movement) -> Any:
        """The stored transaction of a key."""
        return self.raw.transactions.find_one({"key": {"$regex": f":{movement.key}$"}})

    def overwrite(self, document: Any) -> None:
        """Store a changed transaction with a hash that fits, at the end of its accounts' chains."""
        document["hash"] = hash_of(document)
        unchecked = {"bypass_document_validation": True}
        self.raw.transactions.replace_one({"_id": document["_id"]}, document, **unchecked)
        for entry in document["entries"]:
            end = {name: entry[name] for name in ("balance", "seq")} | {"head": document["hash"]}
            self.raw.accounts.update_one({"_id": entry["account"]}, {"$set": end}, **unchecked)

    def violations(self) -> list[str]:
        """What the checker says."""
        self.history.close()
        return check(self.history.path, self.raw)


def broken(*rules: str) -> Callable[[Fault], Fault]:
    """A fault to plant, and exactly the rules that the checker must name."""

    def plant(fault: Fault) -> Fault:
        FAULTS.append((fault, set(rules)))
        return fault

    return plant


@broken("lost", "seq", "head", "balance", "zero-sum", "record")
def lose_a_transaction(run: Run) -> None:
    """The record and the balance stay."""
    run.raw.transactions.delete_one({"_id": run.made(run.last)["_id"]})


@broken("lost", "history")
def roll_back(run: Run) -> None:
    """Everything of an acknowledged write is undone, as by a failover with weak concerns."""
    before = {name: list(run.raw[name].find()) for name in ("accounts", "idempotency")}
    lost = run.move(run.new_deposit())
    run.raw.transactions.delete_one({"_id": run.made(lost)["_id"]})
    for name, documents in before.items():
        run.raw[name].delete_many({})
        run.raw[name].insert_many(documents)


@broken("duplicate", "mistaken", "record", "history")
def pay_twice(run: Run) -> None:
    """The record of a key is lost, so a repeat pays again; the books themselves stay sound."""
    run.raw.idempotency.delete_one({"_id": run.made(run.last)["key"]})
    assert run.send(run.last).status_code == 201


@broken("negative")
def overdraw(run: Run) -> None:
    """A floor that nobody agreed on lets the bank itself go below zero."""
    run.raw.accounts.update_one({"_id": run.savings}, {"$set": {"floor": Int64(-10_000)}})
    run.move(Movement("withdrawal", run.savings, 5000, uuid4().hex))


@broken("negative")
def overdraw_for_a_moment(run: Run) -> None:
    """As above, and the account is above zero again in the end."""
    overdraw(run)
    run.move(replace(run.new_deposit(9000), account=run.savings))


@broken("seq")
def skip_a_number(run: Run) -> None:
    """The chain is whole and the account agrees; only a number is missing."""
    document = run.made(run.last)
    document["entries"][0]["seq"] += 1
    run.overwrite(document)


@broken("hash")
def change_a_memo(run: Run) -> None:
    """Nothing that counts, and yet not what was written."""
    run.raw.transactions.update_one({"_id": run.made(run.last)["_id"]}, {"$set": {"memo": "gift"}})


@broken("prev")
def break_the_chain(run: Run) -> None:
    """A transaction that names another one before it."""
    document = run.made(run.last)
    document["entries"][0]["prev"] = "0" * 64
    run.overwrite(document)


@broken("head")
def cut_the_head(run: Run) -> None:
    """The account names another end of its history."""
    run.raw.accounts.update_one({"_id": run.current}, {"$set": {"head": "0" * 64}})


@broken("invented", "history")
def invent(run: Run) -> None:
    """A sound posting that nobody in the history asked for."""
    run.send(run.new_deposit())


@broken("invented", "history")
def invent_without_key(run: Run) -> None:
    """As above, and it has not even a key."""
    run.dana.post("/deposit", {"amount": "1.00"})


@broken("moved", "history")
def move_what_was_refused(run: Run) -> None:
    """The bank said no, and did it."""
    movement = run.new_deposit()
    run.history.refused(run.history.invoke(movement, "test"), "insufficient-funds")
    run.send(movement)


@broken("moved", "history")
def move_what_was_not_applied(run: Run) -> None:
    """The bank said that it did nothing, and did it."""
    movement = run.new_deposit()
    run.history.not_applied(run.history.invoke(movement, "test"), "unavailable")
    run.send(movement)


@broken("mistaken", "history")
def move_another_amount(run: Run) -> None:
    """Sound books, and not what was asked for."""
    _acknowledge_another(run, minor=101)


@broken("mistaken", "history")
def move_another_kind(run: Run) -> None:
    """A withdrawal where a deposit was asked for."""
    _acknowledge_another(run, kind="withdrawal")


@broken("mistaken", "history")
def move_on_another_account(run: Run) -> None:
    """The money is there, on the other account."""
    _acknowledge_another(run, account=run.savings)


@broken("mistaken")
def acknowledge_another_id(run: Run) -> None:
    """A repeat was answered with a transaction that is not the key's."""
    id = run.history.invoke(run.first, "test")
    run.history.ok(id, run.made(run.last)["_id"], replayed=True)


def _acknowledge_another(run: Run, **changes: Any) -> None:
    asked = run.new_deposit()
    id = run.history.invoke(asked, "test")
    run.history.ok(id, run.send(replace(asked, **changes)).json["id"])


@broken("balance", "history", "zero-sum")
def edit_a_balance(run: Run) -> None:
    """Money out of nothing, on the account alone."""
    run.raw.accounts.update_one({"_id": run.current}, {"$inc": {"balance": Int64(1)}})


@broken("balance", "history", "zero-sum")
def edit_a_running_balance(run: Run) -> None:
    """An entry that tells another balance, in a whole chain."""
    document = run.made(run.last)
    document["entries"][0]["balance"] += 1
    run.overwrite(document)


@broken("zero-sum", "mistaken")
def unbalance(run: Run) -> None:
    """The bank's own side of a deposit is one short, in a whole chain."""
    document = run.made(run.last)
    document["contra"][0]["amount"] += 1
    run.overwrite(document)


@broken("orphan", "lost", "history", "zero-sum")
def forget_an_account(run: Run) -> None:
    """Entries on an account that is not there."""
    run.raw.accounts.delete_one({"_id": run.savings})


@broken("record")
def lose_a_record(run: Run) -> None:
    """A repeat of this key would pay again."""
    run.raw.idempotency.delete_one({"_id": run.made(run.last)["key"]})


@broken("contradiction")
def contradict(run: Run) -> None:
    """An acknowledged key is refused later."""
    run.history.refused(run.history.invoke(run.last, "test"), "insufficient-funds")

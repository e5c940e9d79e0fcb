"""A machine that asks the bank and its model the same things at random, and compares the answers.

Each run begins on the same first day, to which everything in the database goes back. What the bank
answers is compared at once; after the run everything it holds is, and its books are verified.

A long file, because it is the list of everything that the machine may do.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, ClassVar
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
)

from app.controllers.ledger.balances import trial_balance
from app.controllers.ledger.verify import verify
from app.models.database import now
from money import Money
from tests import make
from tests.fuzz.model import INVALID_TOKEN, Account, Expected, Request
from tests.fuzz.world import APPROVER, BANKER, LIMITS, PEOPLE, World
from tests.running import Answer

STEPS = 50
_NEWCOMER, _NOBODY = "newcomer", "nobody"
_NOBODYS = "100000000093"
DONE = Expected(200)
_REPLAYED = "idempotency-replayed"
_VERBS = {"freeze": "frozen", "unfreeze": "open", "close": "closed"}


def step(*, at_most: int = STEPS, **strategies: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule of the machine that is counted by its name, and done `at_most` so often in a run."""

    def decorate(act: Callable[..., None]) -> Any:
        @precondition(lambda machine: machine.done[act.__name__] < at_most)
        @rule(**strategies)
        @wraps(act)
        def counted(machine: BankMachine, **drawn: Any) -> None:
            machine.done[act.__name__] += 1
            machine.world.steps[act.__name__] += 1
            act(machine, **drawn)

        return counted

    return decorate


# Places in lists: what they name depends on how far the run has come.
INDEX = st.integers(0, 11)
AMOUNT = st.tuples(
    st.sampled_from(("some", "some", "some", "all", "more", "limit", "limit", "beyond", "odd")),
    st.integers(1, 9_999),
)
DETAILS = st.fixed_dictionaries({
    "keyed": st.sampled_from((True, True, False)),
    "memo": st.sampled_from((None, None, "", "rent", "Zürich, 3 €")),
    "currency": st.sampled_from((None, None, None, None, None, "USD", "EUR", "XXX")),
})  # fmt: skip
MOVE = {"who": INDEX, "which": INDEX, "size": AMOUNT, "details": DETAILS}
ANY = st.integers(0, 99)
OWN = st.integers(3, 9)


class Divergence(Exception):
    """The bank and its model do not say the same."""


class BankMachine(RuleBasedStateMachine):
    """Three customers, sometimes a fourth, and a banker at work."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.world.go_back()
        self.world.runs += 1
        self.model = copy.deepcopy(self.world.model)
        self.tokens = dict(self.world.tokens)
        self.ids = dict(self.world.ids)
        self.keyed: list[tuple[str, str, Request]] = []
        self.done: Counter[str] = Counter()
        self.sound, self.asked_again = True, 0

    def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request of a person; `If_Match` sends If-Match. Answered headers are lower case."""
        self.world.requests += 1
        told = {header.replace("_", "-"): text for header, text in headers.items()}
        if name in self.tokens:
            told["Authorization"] = f"Bearer {self.tokens[name]}"
        answer = self.world.ask(method, path, body, told)
        self.asked_again = 0
        while self.asked_again < 5 and self.may_ask_again(method, told, answer):
            self.asked_again += 1
            answer = self.world.ask(method, path, body, told)
        small = {header.lower(): text for header, text in answer.headers.items()}
        return replace(answer, headers=small)

    def may_ask_again(self, method: str, headers: dict[str, str], answer: Answer) -> bool:
        """Whether the bank had no time, which no model foresees, and to ask again is harmless."""
        if answer.status != 503:
            return False
        self.world.answers["unavailable"] += 1
        undone = answer.json.get("outcome") == "not_applied"
        return undone or method == "GET" or "Idempotency-Key" in headers

    def agree(self, answer: Answer, expected: Expected) -> Any:
        """The answer's JSON, which is as the model says."""
        told = answer.json if answer.text else {}
        # Asked again under its key, a request may find itself done.
        replayed = expected.replayed if self.asked_again else _REPLAYED in answer.headers
        problem = told["type"].rpartition("/")[2] if answer.status >= 400 else ""
        figures = {name: told.get(name) for name in expected.figures}
        self.same(Expected(answer.status, problem, figures, replayed), expected)
        self.world.answers[problem or "done"] += 1
        self.world.answers["replayed"] += replayed
        return told

    def same(self, found: object, expected: object) -> None:
        """What the bank says is what the model says."""
        if found != expected:
            self.sound = False
            raise Divergence(f"the bank says {found}, the model {expected}")

    def sees(self, name: str, path: str, query: Mapping[str, Any], expected: Expected) -> Any:
        """A person looks at something."""
        query = {field: text for field, text in query.items() if text is not None}
        inside = name == BANKER or self.model.people[name].inside
        answer = self.ask(name, "GET", f"{path}?{urlencode(query)}" if query else path)
        return self.agree(answer, expected if inside else INVALID_TOKEN)

    def pages(self, name: str, path: str, query: dict[str, Any]) -> list[Any]:
        """All rows of a list, page by page."""
        told = self.sees(name, path, query, DONE)
        rows = list(told.get("items", ()))
        while told.get("next"):
            told = self.sees(name, path, {**query, "cursor": told["next"]}, DONE)
            rows += told["items"]
        return rows

    # Who and what the drawn places name

    def somebody(self, who: int) -> str:
        """A customer, rarely one who is logged out."""
        people = list(self.model.people)
        inside = [name for name in people if self.model.people[name].inside]
        return people[who % len(people)] if who == 11 or not inside else inside[who % len(inside)]

    def account_of(self, name: str, which: int) -> str | None:
        """Mostly one of the person's own, or None for the default; a stranger's; nobody's."""
        owned, every = self.model.owned(name), list(self.model.accounts)
        if which < 3:
            return None
        if which == 11:
            return _NOBODYS
        return every[which % len(every)] if which == 10 else owned[which % len(owned)].number

    def target(self, source: Account | None, which: int) -> str:
        """Mostly an account of the same currency."""
        every = list(self.model.accounts.values())
        alike = [a.number for a in every if source and a.currency == source.currency]
        if which == 11:
            return _NOBODYS
        return alike[which % len(alike)] if alike and which < 9 else every[which % 3].number

    def amount(self, account: Account | None, size: str, minor: int) -> str:
        """An amount as it is written; sizes are about what the account holds and may move."""
        currency = account.currency if account else "USD"
        held, limit = account.minor if account else 0, self.model.limits[currency].posting
        if size == "odd":
            return "0.0001"
        sizes = {"all": held or 1, "more": held + 1, "limit": limit, "beyond": limit + minor}
        return Money(sizes.get(size, minor), currency).amount

    # Money

    def send(self, name: str, request: Request, key: str | None) -> None:
        """A movement, compared in every figure."""
        headers = {"Idempotency_Key": key} if key else {}
        expected = self.model.move(name, request, key)
        answer = self.ask(name, "POST", f"/{request.operation}", request.body(), **headers)
        told = self.agree(answer, expected)
        if self.model.newest:
            self.model.booked(told["id"], told["at"])

    def new_key(self, name: str, request: Request) -> str:
        """A key that was never used; the machine will come back to it."""
        key = f"key-of-this-run-{len(self.keyed):06}"
        self.keyed.append((name, key, request))
        return key

    def move(self, operation: str, drawn: dict[str, Any], to: int | None = None) -> None:
        """A movement as it was drawn."""
        name, details = self.somebody(drawn["who"]), drawn["details"]
        number = self.account_of(name, drawn["which"])
        account = self.model.own(name, number)
        target = None if to is None else self.target(account, to)
        amount = self.amount(account, *drawn["size"])
        request = Request(operation, amount, number, target, details["currency"], details["memo"])
        self.send(name, request, self.new_key(name, request) if details["keyed"] else None)

    @step(**MOVE)
    def deposit(self, **drawn: Any) -> None:
        """Money comes."""
        self.move("deposit", drawn)

    @step(**MOVE)
    def withdraw(self, **drawn: Any) -> None:
        """Money goes."""
        self.move("withdraw", drawn)

    @step(**MOVE, to=INDEX)
    def transfer(self, to: int, **drawn: Any) -> None:
        """Money goes to another account."""
        self.move("transfer", drawn, to)

    @precondition(lambda self: self.keyed)
    @step(which=ANY, written_anew=st.booleans())
    def repeat(self, which: int, written_anew: bool) -> None:
        """The same request under the same key, at times with another nought behind its amount."""
        name, key, request = self.keyed[which % len(self.keyed)]
        if written_anew:
            longer = request.amount + ("0" if "." in request.amount else ".0")
            request = replace(request, amount=longer)
        self.send(name, request, key)

    @precondition(lambda self: self.keyed)
    @step(which=ANY, how=st.sampled_from(("amount", "memo", "operation", "account")))
    def mix_up(self, which: int, how: str) -> None:
        """Another request under a key that was used."""
        name, key, request = self.keyed[which % len(self.keyed)]
        other = "withdraw" if request.operation == "deposit" else "deposit"
        changes = {
            "amount": {"amount": "7" if request.amount != "7" else "8"},
            "memo": {"memo": "something else"},
            "operation": {"operation": other, "to": None},
            "account": {"account": self.model.people[name].default},
        }
        self.send(name, replace(request, **changes[how]), key)

    @precondition(lambda self: self.keyed)
    @step(which=ANY, who=INDEX)
    def borrow(self, which: int, who: int) -> None:
        """Somebody else's key, or one's own, for the same request on the default account."""
        _, key, request = self.keyed[which % len(self.keyed)]
        self.send(self.somebody(who), replace(request, account=None), key)

    @step(who=INDEX, minor=st.integers(1, 9_999))
    def retry_after_a_top_up(self, who: int, minor: int) -> None:
        """Too much is asked for; then there is enough, and the retry is refused all the same."""
        name = self.somebody(who)
        account = self.model.own(name, None)
        asked = Request("withdraw", self.amount(account, "more", minor))
        key = self.new_key(name, asked)
        self.send(name, asked, key)
        self.send(name, Request("deposit", self.amount(account, "some", minor)), None)
        self.send(name, asked, key)

    # Accounts and people

    @step(at_most=4, who=INDEX, currency=st.sampled_from((*LIMITS, "CHF")))
    def open_account(self, who: int, currency: str) -> None:
        """Another account, as far as the bank has that currency and allows so many."""
        name = self.somebody(who)
        expected = self.model.opening(name, currency)
        told = self.agree(self.ask(name, "POST", "/accounts", {"currency": currency}), expected)
        if expected.status == 201:
            self.model.opened(name, told["account"], currency)

    @step(at_most=4, who=INDEX, which=INDEX)
    def choose_default(self, who: int, which: int) -> None:
        """Another account is to be the default one."""
        name = self.somebody(who)
        number = self.account_of(name, which)
        expected = self.model.choosing(name, number)
        body = {"default_account": number} if number else {}
        self.agree(self.ask(name, "PATCH", "/me", body), expected)

    @step(at_most=8, which=INDEX, verb=st.sampled_from(tuple(_VERBS)), late=st.integers(-3, 1))
    def change_account(self, which: int, verb: str, late: int) -> None:
        """A banker freezes, unfreezes or closes an account, at times an outdated one.

        Its owner tries at once what still goes.
        """
        account = list(self.model.accounts.values())[which % len(self.model.accounts)]
        revision = account.revision - max(late, 0)
        expected = self.model.change(account.number, _VERBS[verb], revision)
        path = f"/banker/accounts/{account.number}"
        self.agree(self.decided(path, verb, f'"r{revision}"'), expected)
        for operation in ("deposit", "withdraw"):
            self.send(account.owner, Request(operation, "1", account.number), None)

    @step(at_most=3, who=INDEX, verb=st.sampled_from(("freeze", "unfreeze", "unfreeze")))
    def change_customer(self, who: int, verb: str) -> None:
        """A banker shuts a customer out, or lets one in again."""
        name = list(self.model.people)[who % len(self.model.people)]
        path = f"/banker/customers/{self.ids[name]}"
        tag = self.ask(BANKER, "GET", path).headers["etag"]
        expected = self.model.shut_out(name, verb == "freeze")
        self.agree(self.decided(path, verb, tag), expected)

    def decided(self, path: str, verb: str, tag: str) -> Answer:
        """What a banker does, and another one approves where that is needed; how it is then."""
        answer = self.ask(BANKER, "POST", f"{path}/{verb}", {"reason": "by chance"}, If_Match=tag)
        if answer.status != 202:
            return answer
        shown = answer.json
        order = {"effect_hash": shown["effect_hash"]}
        done = self.ask(APPROVER, "POST", f"/banker/approvals/{shown['id']}/approve", order)
        return self.ask(BANKER, "GET", path) if done.status == 200 else done

    @step(at_most=2, who=INDEX)
    def come_or_go(self, who: int) -> None:
        """Whoever is in logs out; whoever is out logs in, and becomes a customer before."""
        people = [*PEOPLE, _NEWCOMER]
        name = people[who % len(people)]
        login = {"username": name, "password": make.PASSWORD}
        if name not in self.model.people:
            told = self.agree(self.ask(_NOBODY, "POST", "/auth/register", login), Expected(201))
            self.model.joined(name, told["account"]["account"], inside=False)
            self.ids[name] = told["customer"]["id"]
        elif self.model.people[name].inside:
            self.agree(self.ask(name, "POST", "/auth/logout"), Expected(204))
            self.model.people[name].inside = False
        else:
            answer = self.ask(_NOBODY, "POST", "/auth/login", login)
            told = self.agree(answer, self.model.logging_in(name))
            self.tokens[name] = told.get("access_token", "none")

    @precondition(lambda self: self.world.clock)
    @step(at_most=2, who=INDEX)
    def day_passes(self, who: int) -> None:
        """Somebody uses up a daily limit; after midnight there is another one."""
        name = self.somebody(who)
        most = Request("deposit", self.amount(self.model.own(name, None), "limit", 1))
        self.send(name, most, None)
        self.send(name, most, None)
        if self.world.clock:
            self.world.clock.next_day()
        self.model.day_passes()
        self.send(name, most, None)

    @step(at_most=1, who=INDEX, minor=st.integers(1, 99))
    def trespass(self, who: int, minor: int) -> None:
        """A banker moves no money, a customer sees no desk, nobody sees anything."""
        body = {"amount": str(minor)}
        self.agree(self.ask(BANKER, "POST", "/deposit", body), Expected(403, "not-a-customer"))
        self.agree(self.ask(_NOBODY, "POST", "/withdraw", body), INVALID_TOKEN)
        self.sees(self.somebody(who), "/banker/accounts", {}, Expected(403, "not-a-banker"))

    # Looking

    @step(at_most=6, who=INDEX, which=INDEX)
    def look_at_balance(self, who: int, which: int) -> None:
        """One balance, now."""
        name = self.somebody(who)
        number = self.account_of(name, which)
        account = self.model.own(name, number)
        expected = Expected(404, "account-not-found")
        if account:
            shown = account.shown()
            parts = {part: shown[part] for part in ("account", "balance", "available")}
            expected = Expected(200, figures={"customer": name, **parts})
        self.sees(name, "/balance", {"account": number}, expected)

    @step(at_most=5, who=INDEX, which=OWN, back=ANY)
    def look_back(self, who: int, which: int, back: int) -> None:
        """One balance, at the time of a line of its history."""
        name = self.somebody(who)
        account = self.model.accounts[self.account_of(name, which) or ""]
        if not account.lines:
            return
        at = account.lines[-1 - back % len(account.lines)].at
        # Of several lines in one moment the last one counts.
        balance = [line.balance for line in account.lines if line.at <= at][-1]
        query = {"account": account.number, "at": at}
        expected = Expected(200, figures={"balance": account.money(balance)})
        self.sees(name, "/balance", query, expected)

    @step(at_most=3, who=INDEX)
    def look_at_accounts(self, who: int) -> None:
        """All accounts of somebody."""
        name = self.somebody(who)
        told = self.sees(name, "/accounts", {}, DONE)
        if self.model.people[name].inside:
            expected = [account.shown() for account in self.model.owned(name)]
            self.same([_like(row, expected[:1]) for row in told["items"]], expected)

    @step(at_most=6,
        who=INDEX, which=OWN, limit=st.integers(1, 7),
        kind=st.sampled_from((None, None, "deposit", "withdrawal", "transfer")),
    )  # fmt: skip
    def look_at_history(self, who: int, which: int, limit: int, kind: str | None) -> None:
        """All transactions of an account, page by page, newest first."""
        name = self.somebody(who)
        account = self.model.accounts[self.account_of(name, which) or ""]
        query = {"account": account.number, "limit": limit, "kind": kind}
        rows = self.pages(name, "/transactions", query)
        if self.model.people[name].inside:
            lines = [account.shown_line(seq) for seq in range(len(account.lines), 0, -1)]
            expected = [line for line in lines if kind in (None, line["kind"])]
            self.same([_like(row, expected[:1]) for row in rows], expected)

    def teardown(self) -> None:
        """Everything the bank holds is what the model holds, and the books prove themselves."""
        if self.sound:
            every = sorted(self.model.accounts.values(), key=lambda account: account.number)
            self.same_accounts(every)
            self.same_transactions(every)
            self.same(verify(self.world.database, now(), full=True).findings, [])
            self.same(self.trial_balance(), self.model.totals())

    def same_accounts(self, every: list[Account]) -> None:
        """All accounts, as bankers see them."""
        told = self.sees(BANKER, "/banker/accounts", {"sort": "number", "limit": 100}, DONE)
        expected = [
            {**each.shown(), "transactions": len(each.lines), "revision": each.revision}
            for each in every
        ]
        self.same([_like(row, expected[:1]) for row in told["items"]], expected)

    def same_transactions(self, every: list[Account]) -> None:
        """All lines of all transactions, as bankers see them."""
        found: dict[tuple[str, int], Any] = {}
        for row in self.pages(BANKER, "/banker/transactions", {"limit": 100}):
            for line in row["lines"]:
                if line["seq"]:
                    place = line["account"], line["seq"]
                    found[place] = row["id"], line["amount"], line["balance"]
        expected = {
            (each.number, seq): (line.id, each.money(line.minor), each.money(line.balance))
            for each in every
            for seq, line in enumerate(each.lines, 1)
        }
        self.same(found, expected)

    def trial_balance(self) -> dict[str, int]:
        """What customers hold by currency; the bank's own accounts hold the opposite."""
        balances = trial_balance(self.world.database, now()).values()
        self.same([lines["total"].minor for lines in balances], [0] * len(balances))
        held = [lines["customers"] for lines in balances]
        return {money.currency: money.minor for money in held}


def _like(row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Those members of `row` that the others have."""
    return {name: text for name, text in row.items() if any(name in other for other in others)}

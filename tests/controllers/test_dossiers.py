"""What a banker is shown of one thing, and what is found by one text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.controllers import dossiers, finding
from app.controllers.audits import SERVER
from app.controllers.bank import Actor, Bank
from app.controllers.orders import Reason
from app.errors import RoleMissing
from app.models import audit
from tests import make
from tests.controllers.four_eyes import Desk, decide, newest, open_desk, reverse

BOTH = replace(SERVER, plane="banker", roles=frozenset({"teller", "approver"}))
APPROVER = replace(BOTH, roles=frozenset({"approver"}))
AUDITOR = replace(BOTH, roles=frozenset({"auditor"}))


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return open_desk(client)


def test_a_transaction_in_full_says_where_it_stands_in_the_chains(
    client: FlaskClient, desk: Desk
) -> None:
    dana, erin = make.customer(client).has("20"), make.customer(client, "erin")
    deposit = newest(dana)
    dana.post(
        "/transfer", {"to": erin.account, "amount": "5"}, headers={"Idempotency-Key": "k" * 16}
    )
    first = desk.art.get(f"/banker/transactions/{deposit}").json
    second = desk.art.get(f"/banker/transactions/{newest(dana)}").json
    assert [line["prev"] is None for line in first["lines"]] == [False, True]
    assert second["lines"][0]["prev"] == first["hash"]
    assert (second["reversals"], second["left"]["amount"]) == ([], "5.00")
    assert (first["key"], second["key"].endswith("k" * 16)) == (None, True)


def test_a_transaction_in_full_says_what_was_taken_back_and_what_is_left(
    client: FlaskClient, desk: Desk
) -> None:
    dana = make.customer(client).has("20")
    deposit = newest(dana)
    for amount in ("5", "8"):
        assert decide(desk.abe, reverse(desk.tess, deposit, amount=amount)).status_code == 200
    shown = desk.art.get(f"/banker/transactions/{deposit}").json
    rows = dana.get("/transactions?kind=reversal").json["items"]
    assert shown["reversals"] == [row["id"] for row in reversed(rows)]
    assert shown["left"]["amount"] == "7.00"
    reversal = desk.art.get(f"/banker/transactions/{rows[0]['id']}").json
    assert (reversal["reverses"], reversal["left"]["amount"]) == (deposit, "0.00")


def test_nobody_s_transaction_is_not_found(desk: Desk) -> None:
    assert desk.art.get("/banker/transactions/none").status_code == 404


@pytest.mark.parametrize(
    ("actor", "empty", "offers"),
    [
        (BOTH, True, {"freeze", "close", "limits", "adjustment"}),
        (BOTH, False, {"freeze", "limits", "adjustment"}),
        (APPROVER, True, {"freeze", "close", "limits"}),
        (AUDITOR, True, set()),
    ],
)
def test_what_may_be_done_hangs_on_roles_and_state(
    bank: Bank, actor: Actor, empty: bool, offers: set[str]
) -> None:
    account = make.account(bank, 0 if empty else 100)
    assert dossiers.of_account(bank, actor, account.number).offers == offers


def test_an_account_s_limits_are_the_bank_s_until_it_has_its_own(
    client: FlaskClient, desk: Desk, bank: Bank
) -> None:
    dana = make.customer(client)
    usual = bank.config.limit("limit_daily_spending", "USD")
    assert dossiers.of_account(bank, BOTH, dana.account).daily_spending == usual
    body = {"daily_spending": "0", "reason": "as she wished"}
    path = f"/banker/accounts/{dana.account}/limits"
    assert desk.tess.send("PUT", path, json=body, headers={"If-Match": '"r1"'}).status_code == 200
    shown = dossiers.of_account(bank, BOTH, dana.account)
    assert shown.daily_spending is not None
    assert (shown.daily_spending.minor, shown.daily_deposits) == (
        0, bank.config.limit("limit_daily_deposits", "USD"),
    )  # fmt: skip


def test_who_is_revealed_is_in_the_audit_with_the_reason(client: FlaskClient, bank: Bank) -> None:
    id = make.customer(client).get("/me").json["id"]
    dossiers.reveal(bank, BOTH, id, Reason("asked on the phone"))
    found = {event["action"]: event["reason"] for event in audit.events_about(bank.database, id)}
    assert found["customer revealed"] == "asked on the phone"


def test_an_auditor_reveals_nobody(client: FlaskClient, bank: Bank) -> None:
    id = make.customer(client).get("/me").json["id"]
    with pytest.raises(RoleMissing):
        dossiers.reveal(bank, AUDITOR, id, Reason("curious"))


@pytest.fixture
def people(client: FlaskClient) -> tuple[make.Person, make.Person]:
    ann = make.customer(client, "ann", name="Ann Archer").has("5")
    ann.post("/accounts", {"name": "Savings"})
    return ann, make.customer(client, "annabel", name="Bel Archer")


def only(bank: Bank, text: str) -> str:
    """The number, user name or id of the one thing that was found."""
    found = finding.find(bank, text).only
    if isinstance(found, finding.Account):
        return found.number
    if isinstance(found, finding.User):
        return found.username
    return found.id if found else ""


def test_one_thing_is_found_at_once(bank: Bank, people: tuple[make.Person, make.Person]) -> None:
    ann, bel = people
    grouped = " ".join(ann.account[at : at + 4] for at in range(0, 12, 4))
    transaction = newest(ann)
    assert only(bank, ann.account) == only(bank, grouped) == ann.account
    assert only(bank, bel.account[:11]) == bel.account
    assert only(bank, transaction) == only(bank, transaction.upper()) == transaction
    assert only(bank, "annab") == only(bank, "bel archer") == "annabel"


def test_of_several_customers_the_one_of_that_user_name_stands_first(
    bank: Bank, people: tuple[make.Person, make.Person]
) -> None:
    found = finding.find(bank, "Ann")
    assert (found.only, [user.username for user in found.customers]) == (None, ["ann", "annabel"])
    assert len(found.accounts) == 3


def test_bankers_are_not_found_among_customers(client: FlaskClient, bank: Bank) -> None:
    banker = make.banker(client)
    assert finding.find(bank, banker.username) == finding.Found([], [])

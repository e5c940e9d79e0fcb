"""Four eyes and kill -9: an approval and its effect are both there or both not, and never twice."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.controllers.bank import Bank
from app.models import approvals, audit, transactions
from tests import make
from tests.conftest import DATABASE
from tests.controllers.four_eyes import REASON, Desk, decide, newest, open_desk, reverse
from tests.make import Person
from tests.running import ROOT

_SECONDS = 30.0


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return open_desk(client)


def approve_and_die(uri: str, approver: str, approval: str, event: int) -> str:
    """What the program printed; nothing when it was killed."""
    command = [sys.executable, "-m", "tests.faults.killed_approval", uri, DATABASE]
    done = subprocess.run(
        [*command, approver, approval, str(event)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -9)
    return done.stdout.strip()


def again(person: Person, shown: Any) -> Any:
    """Approve until the bank says what became of it: what a dead one holds is let go of in time."""
    deadline = time.monotonic() + _SECONDS
    while True:
        answer = decide(person, shown)
        if answer.status_code != 503 or time.monotonic() > deadline:
            return answer
        time.sleep(0.2)


def proposals(client: FlaskClient, desk: Desk, kind: str, count: int) -> list[Any]:
    """So many proposals of that kind, each about somebody else."""
    made = []
    for number in range(count):
        customer = make.customer(client, f"{kind}-{count}-{number}").has("100.00")
        if kind == "reversal":
            made.append(reverse(desk.tess, newest(customer), amount="40.00"))
        else:
            made.append(_unfreezing(desk, customer))
        assert made[-1].status_code == 202, made[-1].text
    return made


def _unfreezing(desk: Desk, customer: Person) -> Any:
    path = f"/banker/accounts/{customer.account}"
    for verb in ("freeze", "unfreeze"):
        headers = {"If-Match": desk.tess.get(path).headers["ETag"]}
        answer = desk.tess.post(f"{path}/{verb}", REASON, headers=headers)
    return answer


@pytest.mark.parametrize("kind", ["reversal", "unfreeze"])
def test_a_bank_killed_at_any_event_of_an_approval_did_all_of_it_once_or_nothing(
    client: FlaskClient, bank: Bank, desk: Desk, bank_uri: str, kind: str
) -> None:
    abe = desk.abe.get("/me").json["id"]
    [whole] = proposals(client, desk, kind, 1)
    events = int(approve_and_die(bank_uri, abe, whole.json["id"], 0))
    assert events >= 10
    # A command that is about to be sent comes right after the answer before: one of the two is
    # enough, and the last answer of all.
    points = [*range(1, events, 2), events]
    shown = proposals(client, desk, kind, len(points))
    ids = [each.json["id"] for each in shown]
    with ThreadPoolExecutor(4) as pool:
        died = list(pool.map(partial(approve_and_die, bank_uri, abe), ids, points))
    assert died == [""] * len(points)
    for each in shown:
        done = again(desk.abe, each)
        assert (done.status_code, done.json["status"]) == (200, "executed"), done.text
    for each in shown:
        assert_done_once(bank, kind, each.json["id"])


def assert_done_once(bank: Bank, kind: str, approval: str) -> None:
    """One effect, one decision, one event in the audit."""
    row = bank.database.collection(approvals.NAME).find_one({"_id": approval})
    assert row
    assert row["status"] == "executed"
    told = bank.database.collection(audit.NAME).count_documents(
        {"approval": approval, "action": {"$regex": "approved"}}
    )
    assert told == 1
    if kind != "unfreeze":
        moved = bank.database.collection(transactions.NAME)
        assert moved.count_documents({"reference": approval}) == 1

"""The API against its own description: requests made from /openapi.json, answers held against it.

schemathesis asks as nobody, as a customer and as a banker, with all of its checks: examples, the
edges of every schema, random requests (right and wrong ones) and chains of requests. Where it was
right, the bank or its description was mended; where the bank is, the exceptions stand below, each
with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import strategies as st
from marshmallow import ValidationError
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.transport.wsgi import WSGI_TRANSPORT, WSGITransport

from app.controllers.bank import Bank
from app.controllers.orders.fields import check_reserved
from app.models import sessions
from app.models.accounts import new_number, plain_number, valid_number
from app.models.database import Database
from app.models.schema import SHAPES
from tests import make
from tests.faults.figures import Figures, Scale
from tests.fuzz.tampering import standing_bank
from tests.make import Person
from tests.views.forge import claims_of
from tests.views.routes import Town, settle

SEED = 2026
CALLERS = ("nobody", "customer", "banker")
ROOMY = {
    "access_token_minutes": 600, "session_hours": 9_999, "max_accounts": 1_000_000,
    "limit_per_posting": "10000000",
    "limit_daily_deposits": "1000000000000",
    "limit_daily_spending": "1000000000000",
    "unconfirmed_daily_limit": "1000000000000",
}  # fmt: skip
"""Limits that no run reaches by repeating itself."""

FORMS = {
    "cursor": re.compile(r"\Z\b"),  # signed: who did not get it from the bank has no right one
    "email": re.compile(r"[A-Za-z0-9]+@[a-z0-9]+(\.[a-z]+)*\.(com|org|net)\Z"),
    "phone": re.compile(r"\+1202555[0-9]{4}\Z"),
}
"""What is good for certain, of fields that more than a schema decides about."""

REFUSALS = frozenset(
    {
        # What is right by the schema and refused by a rule of the bank, with 422 or 412: it depends
        # on the state of an account, on other requests, or on lists that no schema can hold.
        "insufficient-funds", "posting-limit-exceeded", "daily-limit-exceeded",
        "balance-limit-exceeded", "currency-mismatch", "same-account", "key-reused", "outdated",
        "weak-password", "weak-pin", "reversal-too-large",
        # Codes, links and tokens that nobody can guess.
        "invalid-code", "invalid-proof",
        # Fields that are wrong for this account or this bank: decimals of its currency, a currency
        # that is not kept, a time before the account was opened.
        "invalid-field",
    }
)  # fmt: skip


def settings(examples: int) -> schemathesis.Config:
    """All phases and all checks."""
    return schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "suppress-health-check": ["all"],
            "continue-on-failure": True,
            "warnings": False,
            "cache": {"enabled": False},
            # NUL is refused in every text before any schema is asked.
            "generation": {
                "max-examples": examples, "no-shrink": True, "database": "none", "allow-x00": False,
            },
            # The callers below log in by themselves, and nobody is to stay nobody.
            "auth": {"auto-signup": False},
            # RFC 6585: 428 is the answer to an edit without If-Match.
            "checks": {"missing_required_header": {
                "expected-statuses": [400, 401, 403, 406, 415, 422, 428],
            }},
        }
    )  # fmt: skip


@dataclass
class Probe:
    """What one caller was answered."""

    caller: str
    answers: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    deviations: dict[tuple[str, ...], str] = field(default_factory=dict)

    def note(self, event: events.EngineEvent) -> None:
        """Count an event of schemathesis; what is no success is a deviation."""
        if isinstance(event, events.ScenarioFinished):
            self.phases[str(event.phase)] += len(event.recorder.interactions)
            self._note_scenario(event.recorder)
        elif isinstance(event, events.NonFatalError):
            self.deviations["error", event.label] = f"{event.label}: {event.value!r}"
        elif isinstance(event, events.FatalError):
            self.deviations["fatal error",] = repr(event.exception)

    def _note_scenario(self, recorder: ScenarioRecorder) -> None:
        self.phases["rightly refused"] += sum(recorder.filtered_failures.values())
        for interaction in recorder.interactions.values():
            answer = interaction.response
            self.answers[f"{answer.status_code // 100}xx" if answer else "none"] += 1
        for case, checks in recorder.checks.items():
            for check in checks:
                self.checks[check.name] += 1
                if check.failure_info:
                    operation = recorder.cases[case].value.operation.label
                    told = recorder.interactions[case].response
                    self.deviations.setdefault(
                        (check.name, operation),
                        f"{self.caller}: {check.name}: {operation}: "
                        f"{check.failure_info.failure.message}: {check.failure_info.code_sample}: "
                        f"{told.status_code if told else ''} {told.text if told else ''}",
                    )

    @property
    def figures(self) -> dict[str, int]:
        """Requests and the classes of their answers."""
        classes = {f"{self.caller} {kind}": self.answers[kind] for kind in sorted(self.answers)}
        return {f"{self.caller} requests": self.answers.total(), **classes}


def probe(app: Flask, town: Town, caller: str, examples: int, *, only: str = "") -> Probe:
    """All requests of one caller, or only those to one address."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=settings(examples))
    schema = schema.include(path=only) if only else schema
    person = {"nobody": None, "customer": town.dana, "banker": town.tess}[caller]
    if person:
        schema.auth(refresh_interval=None)(_pass_of(person))
    schema.hook(filter_failure)
    numbers = [town.dana.account, town.eve.account, new_number()]
    grouped = [f"{number[:4]}-{number[4:8]} {number[8:]}" for number in numbers]
    written = st.sampled_from(numbers + grouped)
    schemathesis.openapi.format("account-number", written)
    found = Probe(caller)
    for event in from_schema(schema).execute():
        found.note(event)
    return found


def _pass_of(person: Person) -> type[Any]:
    """The person's token; after a request has ended the session, that of a new one."""
    bank: Bank = person.client.application.extensions["bank"]

    class Pass:
        def get(self, case: Any, context: Any) -> str:
            found = sessions.find_session(bank.database, claims_of(person)["sid"])
            if found is None or not found.alive(bank.now()):
                person.tokens = make.log_in(person.client, person.username).tokens
            return str(person.tokens["access_token"])

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    return Pass


def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether what schemathesis calls a failure is one."""
    return not (isinstance(failure, RejectedPositiveData) and _rightly_refused(case, response))


def _rightly_refused(case: Any, response: Any) -> bool:
    """Whether the bank was right to refuse what its schema allows."""
    told = response.json()
    problem = told["type"].rpartition("/")[2]
    if problem != "invalid-fields":
        return problem in REFUSALS
    sent = {**(case.query or {}), **(case.body if isinstance(case.body, dict) else {})}
    sent["query"] = "".join(map(str, (case.query or {}).values()))
    return all(_beyond_a_schema(each["field"], sent.get(each["field"])) for each in told["errors"])


def _beyond_a_schema(name: str, value: Any) -> bool:
    """Whether a field is wrong in a way that JSON Schema cannot describe."""
    if name in ("account", "to", "default_account"):
        return not valid_number(plain_number(str(value)))  # the check digits
    if name in FORMS:
        return not FORMS[name].match(str(value))  # the rest is for libraries to decide
    if name == "username":
        return _reserved(str(value))  # names that would look like the bank itself
    if name == "query":
        return "\ufffd" in value  # what stands for bytes that are no UTF-8
    if name == "amount":
        # A number's decimals, of which no currency has so many.
        return isinstance(value, float) and round(value, 12) != value
    # Blanks around a text do not count, and so it may be too short.
    return isinstance(value, str) and value != value.strip()


def _reserved(username: str) -> bool:
    try:
        check_reserved(username)
    except ValidationError:
        return True
    return False


@contextmanager
def in_process() -> Iterator[None]:
    """Requests without a network.

    schemathesis 4.32 hands the settings of sockets on to the requests with which `ignored_auth`
    asks again, and its own WSGI client does not take them.
    """

    def send(case: Any, **options: Any) -> Any:
        plain = {name: value for name, value in options.items() if name not in sockets}
        return WSGITransport.send(WSGI_TRANSPORT, case, **plain)

    sockets = ("max_redirects", "verify", "cert", "proxies")
    WSGI_TRANSPORT.send = send  # type: ignore[method-assign]
    try:
        yield
    finally:
        del WSGI_TRANSPORT.send


def ask_all(app: Flask, administrator: Database, examples: int) -> list[Probe]:
    """Every caller, each in a town of its own."""
    found = []
    with in_process():
        for caller in CALLERS:
            for shape in SHAPES:
                administrator.collection(shape.name).delete_many({})
                administrator.seed(shape)
            found.append(probe(app, settle(app.test_client()), caller, examples))
    return found


def run(scale: Scale, folder: Path) -> Figures:
    """A few examples for each operation and phase, or many."""
    with standing_bank(folder, **ROOMY) as (app, administrator):
        probes = ask_all(app, administrator, 50 if scale.long else 3)
    deviations = [text for each in probes for text in each.deviations.values()]
    counted = {name: count for each in probes for name, count in each.figures.items()}
    counted["5xx"] = sum(each.answers["5xx"] for each in probes)
    parts: Counter[str] = sum((each.phases + each.checks for each in probes), Counter())
    told = {"seed": SEED, **counted, **parts, "deviations": len(deviations)}
    return Figures("the API and its description", told, tuple(deviations))

"""The house keeps its rules; and each check of a rule can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask

from app.views import guards
from tests import architecture, legibility
from tests.architecture import Sources

LONG_FILES = {
    "app/errors.py": "one list of every way things go wrong",
    "app/config.py": "one list of every setting, and what is refused",
    "app/controllers/orders/__init__.py": "one list of all that may be asked for",
    "app/controllers/ledger/grouping.py": "one algorithm, which is read as a whole",
    "app/models/accounts.py": "a third of it is the validator of the collection",
    "app/models/transactions.py": "a third of it is the validator of the collection",
    "app/models/database.py": "the one place that knows how the driver fails",
    "app/views/api/representations.py": "one catalogue of the shapes of all answers",
    "embedded_mongo.py": "it starts, watches and ends a process, and stands alone",
}


@pytest.fixture(scope="module")
def files() -> Sources:
    return architecture.sources()


def test_the_checks_read_the_whole_program(files: Sources) -> None:
    assert len(files) > 50
    assert {"app/__init__.py", "app/controllers/ledger/rules.py", "money.py"} <= set(files)
    assert {"bank_client/wire.py", "console/menu.py"} <= set(files)


def test_imports_go_one_way(files: Sources) -> None:
    assert architecture.wrong_ways(files) == []


def test_packages_are_imported_where_they_belong(files: Sources) -> None:
    assert architecture.strangers(files) == []


def test_no_import_stands_inside_a_function(files: Sources) -> None:
    assert architecture.hidden_imports(files) == []


def test_no_modules_import_each_other(files: Sources) -> None:
    assert architecture.cycles(files) == []


def test_money_has_one_door(files: Sources) -> None:
    assert architecture.back_doors(files) == []


def test_every_blueprint_has_exactly_one_guard(files: Sources, app: Flask) -> None:
    assert architecture.unguarded(files) == []
    assert {guards.guard_of(made) for made in app.blueprints.values()} <= set(guards.GUARDS)


def test_everything_public_says_what_it_is(files: Sources) -> None:
    assert legibility.unexplained(files) == []


def test_everything_public_has_types(files: Sources) -> None:
    assert legibility.untyped(files) == []


def test_nothing_is_longer_than_the_house_allows(files: Sources) -> None:
    assert legibility.too_long(files, LONG_FILES) == []


def test_a_file_that_became_short_needs_no_reason_any_more(files: Sources) -> None:
    short = {path: text for path, text in files.items() if path in LONG_FILES}
    assert {line.partition(" ")[0] for line in legibility.too_long(short, {})} == set(LONG_FILES)


def long_ones(files: Sources) -> list[str]:
    return legibility.too_long(files, {})


Check = Callable[[Sources], list[str]]
BAD: list[tuple[Check, str, str]] = [
    (architecture.wrong_ways, "app/views/x.py", "from app.models import accounts"),
    (architecture.wrong_ways, "app/views/api/x.py", "import app.models.accounts"),
    (architecture.wrong_ways, "app/controllers/x.py", "from app.views import context"),
    (architecture.wrong_ways, "app/controllers/x.py", "from app import create_app"),
    (architecture.wrong_ways, "app/controllers/ledger/x.py", "from app.controllers import desk"),
    (architecture.wrong_ways, "app/controllers/ledger/x.py", "from app.config import Config"),
    (architecture.wrong_ways, "app/models/x.py", "from app.controllers.bank import Bank"),
    (architecture.wrong_ways, "app/models/x.py", "from . import accounts"),
    (architecture.wrong_ways, "app/errors.py", "from app.config import Config"),
    (architecture.wrong_ways, "money.py", "import app.errors"),
    (architecture.wrong_ways, "bank_client/x.py", "from app.errors import BankError"),
    (architecture.wrong_ways, "console/x.py", "from app.errors import BankError"),
    (architecture.wrong_ways, "app/controllers/x.py", "from bank_client import Merchant"),
    (architecture.wrong_ways, "app/views/x.py", "import shop"),
    (architecture.wrong_ways, "shop/__init__.py", "from app.config import Config"),
    (architecture.wrong_ways, "shop/views/x.py", "from shop.models import orders"),
    (architecture.wrong_ways, "shop/controllers/x.py", "import app"),
    (architecture.wrong_ways, "shop/models/x.py", "import bank_client"),
    (architecture.strangers, "app/controllers/x.py", "from flask import g"),
    (architecture.strangers, "app/models/x.py", "import werkzeug.exceptions"),
    (architecture.strangers, "app/views/x.py", "from bson import Int64"),
    (architecture.strangers, "app/controllers/x.py", "import pymongo"),
    (architecture.strangers, "app/views/context.py", "from marshmallow import fields"),
    (architecture.strangers, "app/models/x.py", "import marshmallow as m"),
    (architecture.strangers, "bank_client/x.py", "import flask"),
    (architecture.strangers, "shop/controllers/x.py", "import pymongo"),
    (architecture.strangers, "shop/models/x.py", "import flask"),
    (architecture.hidden_imports, "app/x.py", "def f():\n    import json"),
    (architecture.hidden_imports, "app/x.py", "class A:\n def f(self):\n  if 1: from a import b"),
    (architecture.back_doors, "app/controllers/x.py", "accounts.write_movements(d, a, b)"),
    (architecture.back_doors, "app/controllers/x.py", "transactions.append(d, [t])"),
    (architecture.back_doors, "app/views/x.py", "from app.models.transactions import append"),
    (architecture.back_doors, "app/controllers/x.py", "bank.database.collection('accounts')"),
    (
        architecture.back_doors,
        "app/models/x.py",
        "def f(): return {'$inc': {'balance': 1}}",
    ),
    (
        architecture.back_doors,
        "app/models/x.py",
        "def f():\n v = {'balance': 1}\n g({'$set': v})",
    ),
    (architecture.back_doors, "app/models/accounts.py", "def g(): return {'$set': {'balance': 1}}"),
    (architecture.unguarded, "app/views/x.py", "x = Blueprint('x', __name__)"),
    (architecture.unguarded, "app/views/x.py", "x = flask.Blueprint('x', __name__)"),
    (architecture.unguarded, "app/views/x.py", "x = guards.nobody(Blueprint('x', __name__))"),
    (
        architecture.unguarded,
        "app/views/x.py",
        "guards.public(guards.bankers(Blueprint('x')))",
    ),
    (legibility.unexplained, "app/x.py", "x = 1"),
    (legibility.unexplained, "app/x.py", "'It is.'\ndef f(): pass"),
    (legibility.unexplained, "app/x.py", "'It is.'\nclass A: pass"),
    (legibility.unexplained, "app/x.py", "'It is.'\nclass A:\n 'It is.'\n def f(self): pass"),
    (legibility.untyped, "app/x.py", "def f(a) -> int: ..."),
    (legibility.untyped, "app/x.py", "def f(a: int): ..."),
    (legibility.untyped, "app/x.py", "def f(*a, b: int) -> int: ..."),
    (legibility.untyped, "app/x.py", "class A:\n def f(self, *, b=1) -> int: ..."),
    (long_ones, "app/x.py", "x = 1\n" * 251),
    (long_ones, "app/x.py", "def f():\n" + "    x = 1\n" * 40),
]


@pytest.mark.parametrize(("check", "path", "text"), BAD)
def test_a_check_finds_what_is_wrong(check: Check, path: str, text: str) -> None:
    assert len(check({path: text})) == 1


GOOD: list[tuple[Check, str, str]] = [
    (architecture.wrong_ways, "app/controllers/x.py", "from app.controllers.ledger import Line"),
    (architecture.wrong_ways, "app/__init__.py", "from app.models.database import connect"),
    (architecture.strangers, "app/models/x.py", "from bson import Int64"),
    (architecture.strangers, "app/views/x.py", "from flask import g"),
    (architecture.wrong_ways, "bank_client/x.py", "from money import Money"),
    (architecture.back_doors, "app/controllers/ledger/x.py", "transactions.append(d, [t])"),
    (architecture.back_doors, "app/models/x.py", "def f(c): return c.find({'balance': 1})"),
    (architecture.back_doors, "app/views/x.py", "def f(a): return {'balance': a.balance}"),
    (architecture.unguarded, "app/views/x.py", "x = guards.public(Blueprint('x', __name__))"),
    (legibility.unexplained, "app/x.py", "'It is.'\ndef _f(): pass"),
    (legibility.untyped, "app/x.py", "class A:\n def f(self, *, b: int = 1) -> int: ..."),
    (long_ones, "app/x.py", "def f():\n" + "    x = 1\n" * 39),
]


@pytest.mark.parametrize(("check", "path", "text"), GOOD)
def test_a_check_lets_pass_what_is_right(check: Check, path: str, text: str) -> None:
    assert check({path: text}) == []


def test_modules_that_import_each_other_around_a_corner_are_found() -> None:
    files = {
        "app/a.py": "from app.b import x", "app/b.py": "from app import c",
        "app/c.py": "import app.a", "app/d.py": "import app.a", "app/e.py": "import json",
    }  # fmt: skip
    assert architecture.cycles(files) == ["app.a", "app.b", "app.c", "app.d"]
    assert architecture.cycles(files | {"app/c.py": ""}) == []


def test_a_blueprint_takes_no_second_guard() -> None:
    guarded = guards.customers(Blueprint("x", __name__))
    with pytest.raises(RuntimeError, match="has a guard already"):
        guards.public(guarded)


def test_no_bank_starts_with_an_unguarded_blueprint() -> None:
    app = Flask(__name__)
    app.register_blueprint(Blueprint("open", __name__))
    with pytest.raises(RuntimeError, match="open has no guard"):
        guards.deny_by_default(app)

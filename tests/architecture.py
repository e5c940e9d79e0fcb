"""The rules of the house, as checks on source text. Each returns what is wrong, in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.views import guards
from shop.views import guards as shop_guards

ROOT = Path(__file__).parents[1]
GUARDS = tuple(f"guards.{name}" for name in {*guards.GUARDS, *shop_guards.GUARDS})
UPDATES = ("$set", "$setOnInsert", "$unset", "$inc", "$mul", "$min", "$max")
Sources = Mapping[str, str]
"""Source text by path, as in {"app/views/logs.py": "import logging"}."""

MARSHMALLOW = (
    "app/controllers/orders/", "app/views/api/representations.py", "app/views/problems.py",
)  # fmt: skip
FLASK = ("app/views/", "app/__init__.py", "run.py", "shop/views/", "shop/__init__.py")
DATABASE = ("app/models/", "embedded_mongo.py", "shop/models/")
# Where a package may be imported: the beginnings of paths.
OUTSIDE = {
    "flask": FLASK, "flask_jwt_extended": FLASK, "flask_cors": FLASK, "werkzeug": FLASK,
    "pymongo": DATABASE, "bson": DATABASE, "marshmallow": MARSHMALLOW,
}  # fmt: skip
# What each layer of the application may import of it; the longest beginning of a path counts.
INSIDE = {
    "app/models/": ("app.models", "app.errors", "money"),
    "app/controllers/ledger/": ("app.controllers.ledger", "app.models", "app.errors", "money"),
    "app/controllers/": (
        "app.controllers", "app.models", "app.errors", "app.config", "money", "worker",
    ),
    "app/views/": ("app.views", "app.controllers", "app.errors", "app.config", "money"),
    "app/errors.py": ("money",),
    "shop/models/": ("shop.models", "shop.errors", "money"),
    "shop/controllers/": (
        "shop.controllers", "shop.models", "shop.errors", "shop.config", "money", "bank_client",
    ),
    "shop/views/": ("shop.views", "shop.controllers", "shop.errors", "shop.config", "money"),
    "shop/errors.py": (),
    "shop/": ("shop", "money"),
    "app/config.py": ("money",),
    "bank_client/": ("bank_client", "money"),
    "console/": ("console", "bank_client", "money"),
    "money.py": (),
    "embedded_mongo.py": (),
    "beside.py": ("app.config", "app.controllers", "app.models"),
    "shop/__main__.py": ("shop", "worker"),
    "worker.py": (),
}  # fmt: skip
OURS = (
    "app", "bank_client", "beside", "console", "money", "worker", "embedded_mongo", "run", "shop",
)  # fmt: skip


def sources() -> dict[str, str]:
    """The program's own source, without its tests."""
    paths = [
        *ROOT.glob("app/**/*.py"),
        *ROOT.glob("bank_client/**/*.py"),
        *ROOT.glob("console/**/*.py"),
        *ROOT.glob("shop/**/*.py"),
        *map(ROOT.joinpath, ("money.py", "worker.py", "embedded_mongo.py", "beside.py")),
    ]
    paths += [path for path in (ROOT / "run.py",) if path.exists()]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def imports(text: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported: from a import b gives a.b."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of the packages or below one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def wrong_ways(files: Sources) -> list[str]:
    """Imports against the one way: views, controllers, models, errors and money."""
    return [
        f"{path}:{line} imports {name}"
        for path, text in files.items()
        if (allowed := _allowed(path)) is not None
        for line, name in imports(text)
        if name.startswith(".") or (within(name, OURS) and not within(name, allowed))
    ]


def _allowed(path: str) -> tuple[str, ...] | None:
    layers = [layer for layer in INSIDE if path.startswith(layer)]
    return INSIDE[max(layers, key=len)] if layers else None


def strangers(files: Sources) -> list[str]:
    """Packages imported where they have no business: Flask in a controller, pymongo in a view."""
    return [
        f"{path}:{line} imports {name}"
        for path, text in files.items()
        for line, name in imports(text)
        for package, homes in OUTSIDE.items()
        if within(name, (package,)) and not path.startswith(homes)
    ]


def hidden_imports(files: Sources) -> list[str]:
    """Imports inside a function."""
    return [
        f"{path}:{inner.lineno} imports inside {node.name}"
        for path, text in files.items()
        for node in functions(text)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a source text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def cycles(files: Sources) -> list[str]:
    """Modules that import each other, directly or around a corner."""
    names = {_module(path): path for path in files}
    graph = {
        module: {target for _, name in imports(files[path]) if (target := _known(name, names))}
        for module, path in names.items()
    }
    while leaves := {m for m, targets in graph.items() if not (targets - {m}) & set(graph)}:
        graph = {module: targets for module, targets in graph.items() if module not in leaves}
    return sorted(graph)


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _known(name: str, modules: Mapping[str, str]) -> str | None:
    """The module that an imported name is or belongs to."""
    if name in modules:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in modules else None


def back_doors(files: Sources) -> list[str]:
    """Whatever moves money beside the ledger: its writes used, a balance set, a collection."""
    found: list[str] = []
    for path, text in files.items():
        if not path.startswith("app/controllers/ledger/"):
            found += [f"{path}:{line} uses {name}" for line, name in _ledger_writes(text)]
        if not path.startswith(("app/models/", "shop/models/")):
            found += [f"{path}:{line} opens a collection" for line in _collections(text)]
        found += [
            f"{path} sets a balance in {node.name}"
            for node in functions(text)
            if "balance" in _changed_fields(node)
            and (path, node.name) != ("app/models/accounts.py", "_movement")
        ]
    return found


def _ledger_writes(text: str) -> Iterator[tuple[int, str]]:
    writes = ("app.models.accounts.write_movements", "app.models.transactions.append")
    yield from ((line, name) for line, name in imports(text) if within(name, writes))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            used = ast.unparse(node)
            if node.attr == "write_movements" or used == "transactions.append":
                yield node.lineno, used


def _collections(text: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".collection"):
            yield node.lineno


def _changed_fields(node: ast.AST) -> set[str]:
    """The fields under $set, $inc and their kin, written there or in a variable."""
    variables = {
        target.id: inner.value
        for inner in ast.walk(node)
        if isinstance(inner, ast.Assign)
        for target in inner.targets
        if isinstance(target, ast.Name)
    }
    fields: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Dict):
            for operator, change in zip(inner.keys, inner.values, strict=True):
                if isinstance(operator, ast.Constant) and operator.value in UPDATES:
                    known = isinstance(change, ast.Name) and change.id in variables
                    fields |= _keys(variables[change.id] if known else change)
    return fields


def _keys(node: ast.AST) -> set[str]:
    return {
        str(key.value)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Dict)
        for key in inner.keys
        if isinstance(key, ast.Constant)
    }


def unguarded(files: Sources) -> list[str]:
    """Blueprints that no guard is put around, or two."""
    found: list[str] = []
    for path, text in files.items():
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        made = [call for call in calls if ast.unparse(call.func).endswith("Blueprint")]
        around = [call for call in calls if ast.unparse(call.func) in GUARDS]
        guarded = [call.args[0] for call in around if call.args]
        found += [f"{path}:{call.lineno} has no guard" for call in made if call not in guarded]
        found += [
            f"{path}:{argument.lineno} a guard stands around something else"
            for argument in guarded
            if argument not in made
        ]
    return found

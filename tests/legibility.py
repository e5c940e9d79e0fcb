"""How easily the source is read, as checks on its text. Each returns what is wrong, in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tests.architecture import Sources, functions

LONGEST_FUNCTION, LONGEST_FILE = 40, 250


def unexplained(files: Sources) -> list[str]:
    """Public functions, classes and modules without a docstring."""
    found: list[str] = []
    for path, text in files.items():
        tree = ast.parse(text)
        if not ast.get_docstring(tree) and tree.body:
            found.append(f"{path} says nothing of itself")
        found += [
            f"{path}:{node.lineno} {node.name} says nothing of itself"
            for node in public(tree)
            if not ast.get_docstring(node) and not _is_form(node)
        ]
    return found


def public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """What others may use: public names of a module, and of its public classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (inner for inner in public(node) if isinstance(inner, ast.FunctionDef))


def _is_form(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """Whether it is the schema of an order, which the dataclass that it makes explains."""
    return isinstance(node, ast.ClassDef) and any(
        ast.unparse(line).startswith("makes") for line in node.body
    )


def untyped(files: Sources) -> list[str]:
    """Public functions with an argument or an answer of no type."""
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, text in files.items()
        for node in public(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and not _typed(node)
    ]


def _typed(node: ast.FunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
    named = [argument for argument in arguments if argument.arg not in ("self", "cls")]
    return node.returns is not None and all(argument.annotation for argument in named)


def too_long(files: Sources, allowed: Mapping[str, str]) -> list[str]:
    """Functions and files above the house's size, but for those with a reason."""
    found: list[str] = []
    for path, text in files.items():
        if (lines := text.count("\n")) > LONGEST_FILE and path not in allowed:
            found.append(f"{path} has {lines} lines")
        for node in functions(text):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                found.append(f"{path}:{node.lineno} {node.name} has {lines} lines")
    return found

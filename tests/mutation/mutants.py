"""Mutants: one module of the bank with one small fault in it.

The faults are mutmut's. It wraps functions and so leaves out constants, class bodies and functions
with decorators; here each mutant is a whole file, so that limits and properties are in it as well.
Two faults are added that a bank fears most: a step left out, a condition that does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.matchers import Assign, Call, Name, matches
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode


@dataclass(frozen=True, slots=True)
class Mutant:
    """The module at `path` with one fault at `line`; `text` is the whole file."""

    path: str
    line: int
    was: str
    becomes: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}\n- {self.was}\n+ {self.becomes}"


def mutants_of(path: str, code: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = _Everywhere([*mutation_operators, *_MORE], IgnoredCode(set(), set(), set()))
    wrapper.visit(visitor)
    places = wrapper.resolve(PositionProvider)
    seen = {code}
    for mutation in sorted(visitor.mutations, key=lambda m: places[m.original_node].start.line):
        text = _with(wrapper.module, mutation.original_node, mutation.mutated_node)
        if text not in seen:
            seen.add(text)
            was, becomes = _difference(code, text)
            yield Mutant(path, places[mutation.original_node].start.line, was, becomes, text)


class _Everywhere(MutationVisitor):
    """Goes into decorated functions too, because no function is wrapped here."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            return False
        return _is_type_variable(node) or super()._skip_node_and_children(node)


def _is_type_variable(node: cst.CSTNode) -> bool:
    """A fault there is one of the types, which nothing looks at while the bank runs."""
    return matches(node, Assign(value=Call(func=Name("TypeVar"))))


def _step_left_out(node: cst.Expr) -> Iterable[cst.CSTNode]:
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def _condition_ignored(node: cst.If) -> Iterable[cst.CSTNode]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    for operator, constant in ((cst.And(), "False"), (cst.Or(), "True")):
        ignored = cst.BooleanOperation(left=test, operator=operator, right=cst.Name(constant))
        yield node.with_changes(test=ignored)


_MORE = [(cst.Expr, _step_left_out), (cst.If, _condition_ignored)]


def _with(module: cst.Module, original: cst.CSTNode, mutated: cst.CSTNode) -> str:
    return str(cst.ensure_type(module.deep_replace(original, mutated), cst.Module).code)


def _difference(code: str, text: str) -> tuple[str, str]:
    """The lines that differ, as they were and as they became."""
    old, new = code.splitlines(), text.splitlines()
    start = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    end = next(i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b)
    return tuple(" ".join(map(str.strip, each[start : len(each) - end])) for each in (old, new))

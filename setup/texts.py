"""The texts of pages: gathered from the program, and merged into the catalogues of translations.

`make texts` runs it. Beside templates and views, where Babel finds them by itself, there are titles
of errors, which are docstrings (app/errors.py), and what schemas say of a wrong field.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.views.wording import sentence

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "app" / "translations"
_WHERE = [
    ("errors.py", "setup.texts:titles"),
    ("controllers/**.py", "setup.texts:fields"),
    ("views/**.py", "python"),
    ("templates/**.html", "jinja2"),
]
_WORDS = {"_": None, "lazy": None, "ngettext": (1, 2)}

Message = tuple[int, str, str, list[str]]
_SAYS = frozenset({"ValidationError", "InvalidField", "WeakPassword", "WeakPin"})


def titles(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Message]:
    """The first line of each class's docstring, in the form of Babel's extraction methods."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef) and (doc := ast.get_docstring(node)):
            yield node.lineno, "", doc.splitlines()[0], []


def fields(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Message]:
    """What schemas say of a wrong field: in ValidationError, as `error`, in tables of messages."""
    for node in ast.walk(ast.parse(file.read())):
        for text in _said(node):
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.lineno, "", sentence(text.value), []


def gathered() -> Catalog:
    """Every text that pages may show, in the order of the files."""
    catalogue = Catalog(fuzzy=False)
    found = extract_from_dir(ROOT / "app", _WHERE, {"**.html": {"silent": "false"}}, _WORDS)
    for path, line, text, comments, context in sorted(found, key=lambda each: each[:2]):
        catalogue.add(text, None, [(f"app/{path}", line)], (), comments, context=context)
    return catalogue


def catalogue_of(language: str) -> Catalog:
    """The translations that there are."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    """Merge new texts into every catalogue, and drop those that nobody shows any more."""
    template = gathered()
    for folder in sorted(CATALOGUES.iterdir()):
        catalogue = catalogue_of(folder.name)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with (folder / "LC_MESSAGES" / "messages.po").open("wb") as file:
            # Without lines: they would change with every edit of any page.
            write_po(file, catalogue, width=100, include_lineno=False, omit_header=False)


def _said(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        named = [each.value for each in node.keywords if each.arg == "error"]
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        return named + (list(node.args[:1]) if called in _SAYS else [])
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    named_so = {each.id for each in targets if isinstance(each, ast.Name)}
    value = getattr(node, "value", None)
    if named_so & {"_MESSAGES", "_INVALID", "error_messages"} and isinstance(value, ast.Dict):
        return list(value.values)
    return []


if __name__ == "__main__":
    main()

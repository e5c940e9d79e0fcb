"""The documents tell the truth: every route, word, file and link in them is there."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from flask import Flask

from app.views.api.openapi import VERSION
from tests.views.routes import pages_of, routes_of

ROOT = Path(__file__).parents[1]
LONGEST_DECISION = 20
# Where somebody's own machine would show, written so that this file does not name them.
PRIVATE = tuple(f"/{name}/" for name in ("home", "root", "work", "Users"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def ignored() -> list[str]:
    lines = (line.strip().strip("/") for line in read(".gitignore").splitlines())
    return [".git", *(line for line in lines if line and not line.startswith("#"))]


def own_files(suffix: str = "") -> Iterator[Path]:
    """Every file that belongs to the project, whether or not it is committed yet."""
    patterns = ignored()

    def kept(name: str) -> bool:
        return not any(fnmatch(name, pattern) for pattern in patterns)

    for folder, folders, names in os.walk(ROOT):
        folders[:] = filter(kept, folders)
        yield from (Path(folder, name) for name in names if kept(name) and name.endswith(suffix))


def calls_of_readme() -> set[str]:
    """The calls in the first column of the README's tables: "GET /accounts/{number}"."""
    rows = re.findall(r"^\| (`[A-Z]+ /.*?) \|", read("README.md"), re.MULTILINE)
    return {call for row in rows for call in re.findall(r"`([A-Z]+ /\S*)`", row)}


def pages_of_readme() -> set[str]:
    """The addresses in the first column of the README's table of pages: "/my/statements"."""
    rows = re.findall(r"^\| (`/.*?) \|", read("README.md"), re.MULTILINE)
    return {page for row in rows for page in re.findall(r"`(/\S*)`", row)}


def nameless(routes: Iterable[object]) -> set[str]:
    return {re.sub(r"<[^>]+>|\{[a-z_]+\}", "{}", str(route)) for route in routes}


def test_the_readme_lists_every_call_and_no_other(app: Flask) -> None:
    files = {str(route) for route in routes_of(app) if "<path:" in route.rule}
    assert nameless(calls_of_readme()) == nameless(map(str, routes_of(app))) - nameless(files)


def test_the_readme_lists_every_page_and_no_other(app: Flask) -> None:
    pages = {route.rule for route in pages_of(app) if route.method == "GET"}
    assert nameless(pages_of_readme()) == nameless(pages)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_word_is_in_the_makefile(document: str) -> None:
    words = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(document), re.MULTILINE))
    known = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert words
    assert words <= known


def test_every_word_of_the_makefile_says_what_it_does() -> None:
    words = re.findall(r"^([a-z-]+):(.*)$", read("Makefile"), re.MULTILINE)
    assert [word for word, rest in words if "## " not in rest] == []


def test_the_map_names_only_files_that_exist() -> None:
    named = re.findall(r"`([\w./-]+\.(?:py|json|md|toml|example))`", read("docs/map.md"))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_names_only_files_that_exist() -> None:
    named = re.findall(r"`((?:app|docs|tests|postman|benchmarks)/[\w./-]*)`", read("README.md"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_setting_of_the_readme_is_one() -> None:
    known = set(re.findall(r"^#? ?([A-Z_]+)=", read(".env.example"), re.MULTILINE))
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", read("README.md"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"[A-Z_]+", row)}
    assert named
    assert named <= known


@pytest.mark.parametrize(
    "decision", sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
)
def test_a_decision_is_short_and_begins_with_its_number(decision: str) -> None:
    lines = read(f"docs/decisions/{decision}").splitlines()
    assert len(lines) <= LONGEST_DECISION
    assert lines[0].startswith(f"# {decision[:4]} ")


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_one_version_is_told_everywhere() -> None:
    newest = re.search(r"^## (\d+\.\d+\.\d+)", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == VERSION
    assert tomllib.loads(read("pyproject.toml"))["project"]["version"] == VERSION


def links() -> list[tuple[Path, str]]:
    return [
        (document, target)
        for document in own_files(".md")
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target)
    ]


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document, target in links()
        if not _leads(document, target)
    ]
    assert len(links()) > 3
    assert broken == []


def _leads(document: Path, target: str) -> bool:
    path, _, heading = target.partition("#")
    found = document.parent / path if path else document
    if not found.exists():
        return False
    return not heading or heading in _headings(found)


def _headings(document: Path) -> list[str]:
    """The anchors of a document's headings, as they are made of their words."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in own_files()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if any(place in line for place in PRIVATE)
    ]
    assert len(list(own_files(".py"))) > 100
    assert found == []

"""The Postman collection: run for real, twice, and complete."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests import running
from tests.running import ROOT, RunningBank
from tests.views.routes import routes_of

FOLDER = ROOT / "postman"
COLLECTION = FOLDER / "strongroom.postman_collection.json"
ENVIRONMENT = FOLDER / "strongroom.postman_environment.json"
NO_OPERATIONS = {"/docs/swagger/<path:name>", "/docs/static/<path:name>"}  # files of the page

demo_bank = running.demo_bank


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def requests_of(folder: Any) -> Iterator[Any]:
    """The requests of a collection, folder by folder."""
    for item in folder["item"]:
        if "item" in item:
            yield from requests_of(item)
        else:
            yield item


def checks_of(request: Any) -> list[str]:
    """The names of a request's own checks."""
    scripts = [e["script"]["exec"] for e in request["event"] if e["listen"] == "test"]
    return re.findall(r"^pm\.test\('(.+?)'", "\n".join(map("\n".join, scripts)), re.MULTILINE)


def differences(app: Flask, collection: Any) -> list[str]:
    """What the application has and the collection lacks, and the other way round."""
    urls = app.url_map.bind("bank")
    operations = {(r.method, r.rule) for r in routes_of(app) if r.rule not in NO_OPERATIONS}
    found, hit = [], set()
    for request in requests_of(collection):
        method, url = request["request"]["method"], request["request"]["url"]["raw"]
        path = re.sub(r"{{\w+}}", "x", url.removeprefix("{{base_url}}").partition("?")[0])
        try:
            hit.add((method, urls.match(path, method, return_rule=True)[0].rule))
        except HTTPException:
            found.append(f"{request['name']} asks for {method} {path}, which is not there")
    return found + [f"nothing asks for {' '.join(missed)}" for missed in sorted(operations - hit)]


@pytest.fixture(scope="module")
def collection() -> Any:
    return read(COLLECTION)


@pytest.mark.parametrize("time", ["the first time", "again on the same bank"])
def test_the_collection_runs_from_top_to_bottom(
    demo_bank: RunningBank, collection: Any, tmp_path: Path, time: str
) -> None:
    report = tmp_path / "report.json"
    newman = subprocess.run(
        [
            "node_modules/.bin/newman", "run", COLLECTION, "--environment", ENVIRONMENT,
            "--env-var", f"base_url={demo_bank.address}", "--color", "off",
            "--reporters", "cli,json", "--reporter-json-export", report,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    run = read(report)["run"]
    assert run["failures"] == [], newman.stdout
    assert newman.returncode == 0, newman.stdout
    # What a script asks for on its way, such as a mail, stands under its own request again.
    own = {each["cursor"]["ref"]: each for each in run["executions"]}
    checked = [(each["item"]["name"], bool(each["assertions"])) for each in own.values()]
    assert checked == [(request["name"], True) for request in requests_of(collection)]


def test_the_collection_asks_for_every_operation_of_the_bank(app: Flask, collection: Any) -> None:
    assert differences(app, collection) == []


def test_a_collection_without_a_request_is_found_out(app: Flask, collection: Any) -> None:
    doctored = copy.deepcopy(collection)
    for folder in doctored["item"]:
        folder["item"] = [
            request
            for request in folder["item"]
            if not re.search("/accounts/.*/close$", request["request"]["url"]["raw"])
        ]
    assert differences(app, doctored) == ["nothing asks for POST /banker/accounts/<number>/close"]


def test_a_request_for_what_is_not_there_is_found_out(app: Flask, collection: Any) -> None:
    doctored = copy.deepcopy(collection)
    first = next(requests_of(doctored))
    first["name"] = "Rob the bank"
    doctored["item"].append(copy.deepcopy(first))
    doctored["item"][-1]["request"]["url"]["raw"] = "{{base_url}}/vault/{{account}}?all=yes"
    assert differences(app, doctored) == ["Rob the bank asks for GET /vault/x, which is not there"]


def test_every_request_says_why_and_checks_the_status_and_what_came(collection: Any) -> None:
    for request in requests_of(collection):
        assert len(request["request"]["description"]) > 10, request["name"]
        checks = checks_of(request)
        assert checks[0].startswith("The status is "), request["name"]
        if not checks[0].startswith(("The status is 204", "The status is 30")):
            assert len(checks) > 2 or "problem document" in checks[1], request["name"]


def test_the_files_hold_no_secret_but_the_demo_password() -> None:
    values = {entry["key"]: entry["value"] for entry in read(ENVIRONMENT)["values"]}
    filled = {key: value for key, value in values.items() if value}
    assert filled == {
        "base_url": "http://127.0.0.1:5000",
        "banker_username": "teller",
        "demo_password": "strongroom-demo",
    }
    assert not re.search(r"eyJ[A-Za-z0-9_-]{10}", COLLECTION.read_text(encoding="utf-8"))


def test_the_environment_names_every_variable_that_the_collection_uses() -> None:
    text = COLLECTION.read_text(encoding="utf-8")
    used = set(re.findall(r"{{(\w+)}}", text)) | set(
        re.findall(r"environment\.[gs]et\('(\w+)'", text)
    )
    kept = {entry["key"] for entry in read(ENVIRONMENT)["values"]}
    assert used - {"long_text"} == kept

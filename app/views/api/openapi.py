"""The OpenAPI 3.1 description, made from the schemas that check the requests."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

from app.controllers.orders import AccountNumber, Amount, Bound, CurrencyCode, Moment, Order, Text
from app.errors import (
    BankError,
    InvalidSignature,
    ScopeMissing,
    ShopNotActive,
    TooManyRequests,
    Unavailable,
)
from app.views import guards, rates
from app.views.api import headers, representations
from app.views.api.describe import Operation, needs_body
from app.views.api.tags import TAGS
from app.views.problems import plain_problem, status_of
from app.views.scopes import scope_of

VERSION = "0.1.0"
_PROBLEM_JSON = "application/problem+json"
_AMOUNT = r"^[0-9]{1,15}(\.[0-9]{1,8})?$"
_ABOVE_ZERO = rf"^(?![0.]*$){_AMOUNT[1:]}"
_ACCOUNT = "^[0-9](?:[ -]?[0-9]){11}$"
_MOMENT = "^(197[1-9]|19[89][0-9]|2[0-9]{3})-"
# Without controls, and without characters that nobody sees or that mislead.
_TEXT = r"^[^\u0000-\u001F\u007F-\u009F\u200B\u2028-\u202E\u2066-\u2069\uFEFF]*$"
_OF_SHOPS = (InvalidSignature, ShopNotActive, ScopeMissing)
_INFO = """An open-source bank. Log in, put the access token behind **Authorize**, and go on.

Money is text in major units ("12.50"). Send an `Idempotency-Key` with every movement of money and
repeat it without fear. Every refusal is `application/problem+json` and names its figures."""


def describe(app: Flask, title: str) -> dict[str, Any]:
    """The whole description of an application, as a document."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        title=title, version=VERSION, openapi_version="3.1.0", plugins=[plugin],
        info={"description": _INFO},
    )  # fmt: skip
    if plugin.converter:
        plugin.converter.add_attribute_function(_own_fields)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("bearer", headers.BEARER)
    spec.components.security_scheme("signature", headers.SIGNATURE)
    for name, about in TAGS.items():
        spec.tag({"name": name, "description": about})
    spec.components.schema("Problem", schema=representations.Problem)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        if described := getattr(view, "operation", None):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            guard = guards.guard_of(app.blueprints[rule.endpoint.rpartition(".")[0]])
            arguments = sorted(rule.arguments)
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            counted = rates.quota_of(rule.endpoint, guard, method) is not None
            body = _operation(described, view, rule.endpoint, guard, arguments, counted)
            spec.path(path, operations={method.lower(): body})
    return _without_null(spec.to_dict())


def _without_null(document: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: a parameter is there or not."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    parameters = [each for operation in operations for each in operation["parameters"]]
    for schema in (each["schema"] for each in parameters if each["in"] == "query"):
        if isinstance(schema["type"], list):
            schema["type"] = next(kind for kind in schema["type"] if kind != "null")
        if schema.get("default", ...) is None:
            del schema["default"]
        if "enum" in schema:
            schema["enum"] = [value for value in schema["enum"] if value is not None]
    return document


def _operation(
    described: Operation,
    view: Any,
    endpoint: str,
    guard: str,
    arguments: list[str],
    counted: bool,
) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(view) or "").partition("\n")
    operation: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": summary.rstrip("."),
        "tags": [endpoint.rpartition(".")[0]],
        "parameters": [_path_parameter(name) for name in arguments],
        "responses": _responses(described, guard, counted),
    }
    if description.strip():
        operation["description"] = " ".join(description.split())
    if guard == "merchants":
        scope = scope_of(view)
        operation["security"] = [{"signature": [scope] if scope else []}]
    elif guard != "public":
        operation["security"] = [{"bearer": []}]
    if described.body:
        content = {"schema": described.body, "example": _example(described.body)}
        required = needs_body(described.body)
        operation["requestBody"] = {"required": required, "content": {"application/json": content}}
    if described.query:
        operation["parameters"].append({"in": "query", "schema": described.query})
    extra = {
        "keyed": headers.KEY_HEADER,
        "needs_key": {**headers.KEY_HEADER, "required": True},
        "guarded_edit": headers.IF_MATCH,
        "conditional": headers.IF_NONE_MATCH,
    }
    operation["parameters"] += [h for name, h in extra.items() if getattr(described, name)]
    return operation


def _responses(described: Operation, guard: str, counted: bool) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(described.status).phrase}
    if described.answer:
        good["content"] = {"application/json": {"schema": described.answer}}
    if described.instead:
        either = {"oneOf": [described.answer, described.instead]}
        good["content"] = {"application/json": {"schema": either}}
    if described.csv:
        good["content"]["text/csv"] = {"schema": {"type": "string"}}
    responses: dict[str, Any] = {str(described.status): good}
    if described.accepted:
        content = {"application/json": {"schema": described.accepted}}
        responses["202"] = {"description": HTTPStatus(202).phrase, "content": content}
    if described.conditional:
        responses["304"] = {"description": HTTPStatus(304).phrase}
    titles: dict[int, list[str]] = {}
    for status, title in _refusals(described, guard, counted):
        titles.setdefault(status, []).append(title)
    for status in sorted(titles):
        responses[str(status)] = {
            "description": " ".join(dict.fromkeys(titles[status])),
            "content": {_PROBLEM_JSON: {"schema": representations.Problem}},
        }
    return responses


def _refusals(described: Operation, guard: str, counted: bool) -> list[tuple[int, str]]:
    """Every status but the good one, each with its reason."""
    found: list[tuple[int, str]] = []
    if described.body:
        found += [
            (400, "The body is not a JSON object."),
            (413, "The body is larger than 64 KiB."),
            (415, "The body is not application/json."),
        ]
    if guard == "merchants":
        found += [(status_of(kind), kind.title()) for kind in _OF_SHOPS]
    elif guard != "public":
        found.append((401, "The access token is missing, expired or no longer valid."))
    if guard in ("customers", "bankers"):
        found.append((403, f"Only {guard} may do this."))
    if described.body or described.query or described.keyed or described.needs_key:
        found.append((422, "Some fields are wrong."))
    if described.guarded_edit:
        found.append((428, "If-Match is missing."))
    found += [(status_of(kind), kind.title()) for kind in described.problems]
    if counted:
        found.append((status_of(TooManyRequests), TooManyRequests.title()))
    found.append((status_of(Unavailable), Unavailable.title()))
    return found


def _path_parameter(name: str) -> dict[str, Any]:
    format = {"format": "account-number"} if name == "number" else {}
    schema = {"type": "string", **format}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _example(schema: Order) -> dict[str, Any]:
    """A body made of the fields' own examples."""
    return {
        name: field.metadata["example"]
        for name, field in schema.fields.items()
        if "example" in field.metadata and (field.required or "account" not in name)
    }


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _own_fields(_: Any, field: Any, ret: dict[str, Any], **__: Any) -> Mapping[str, Any]:
    """What our own fields accept, as far as a schema can say it."""
    if isinstance(field, Bound):
        positive = ret.pop("x-minimum", None) == 0
        kinds = ["string", "null"] if field.allow_none else ["string"]
        return {"type": kinds, "pattern": _AMOUNT if positive else f"^-?{_AMOUNT[1:]}"}
    if isinstance(field, Amount):
        if not field.allow_none and ret.get("default", ...) is None:
            del ret["default"]
        kinds = ["string", "number"] + (["null"] if field.allow_none else [])
        return {
            "type": kinds, "pattern": _ABOVE_ZERO, "exclusiveMinimum": 0, "maximum": 10**15,
        }  # fmt: skip
    patterns = {
        AccountNumber: _ACCOUNT,
        CurrencyCode: "^[A-Za-z]{3}$",
        Moment: _MOMENT,
        Text: _TEXT,
    }
    for kind, pattern in patterns.items():
        if isinstance(field, kind):
            format = {"format": "account-number"} if kind is AccountNumber else {}
            return {"pattern": pattern, **format}
    if "pattern" in ret:
        # Python's ends of a text, as ECMA 262 writes them, which JSON Schema follows.
        return {"pattern": re.sub(r"\\A(.*)\\Z", r"^\1$", ret["pattern"])}
    return {}


def problem_type(slug: str, kinds: Mapping[str, type[BankError]]) -> dict[str, Any] | None:
    """What the address of a problem type tells, or None when there is no such type."""
    if kind := kinds.get(slug):
        title, status, description = kind.title(), status_of(kind), inspect.getdoc(kind) or ""
    elif plain := plain_problem(slug):
        (status, title), description = plain, ""
    else:
        return None
    return {
        "type": f"/problems/{slug}", "title": title, "status": status, "description": description,
    }  # fmt: skip

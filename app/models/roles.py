"""Roles of MongoDB users: what the bank itself may do to its database, and what no bug can.

As APP the bank adds to the history and to the audit; changing or deleting there, dropping, $out,
$merge, collMod and going around the validators end in MongoDB's error 13. MIGRATE is for the
migration and for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from pymongo.errors import OperationFailure

from app.models.database import Database, Document, Shape

APP = "strongroomApp"
MIGRATE = "strongroomMigrate"
_DANGEROUS = frozenset(
    {"insert", "update", "remove", "dropCollection", "collMod", "bypassDocumentValidation"}
)
_EXISTS = (51002, 51003)  # a role, a user of that name


def install_roles(database: Database, shapes: Sequence[Shape]) -> None:
    """Create both roles, or bring them up to date; needs a user who may do so."""
    _install(database, APP, _app_privileges(database.name, shapes))
    _install(database, MIGRATE, _migrate_privileges(database.name, shapes))


def install_user(database: Database, username: str, password: str, *roles: str) -> None:
    """Create a user with these roles, or give the user this password and these roles."""
    try:
        database.command("createUser", username, pwd=password, roles=[*roles])
    except OperationFailure as error:
        if error.code not in _EXISTS:
            raise
        database.command("updateUser", username, pwd=password, roles=[*roles])


def excess(database: Database, shapes: Sequence[Shape]) -> list[str]:
    """What the connected user may do to the bank's collections beyond what the bank needs."""
    status = database.command("connectionStatus", showPrivileges=True)
    held: set[tuple[str, str]] = set()
    for privilege in status["authInfo"]["authenticatedUserPrivileges"]:
        resource = privilege["resource"]
        here = resource.get("anyResource") or resource.get("db") in ("", database.name)
        names = [resource.get("collection")] if resource.get("collection") else _names(shapes)
        if here:
            held |= {(name, action) for name in names for action in privilege["actions"]}
    needed = {
        (each["resource"]["collection"], action)
        for each in _app_privileges(database.name, shapes)
        for action in each["actions"]
    }
    dangerous = {(name, action) for name, action in held - needed if action in _DANGEROUS}
    return sorted(f"{action} on {name}" for name, action in dangerous if name in _names(shapes))


def _names(shapes: Sequence[Shape]) -> list[str]:
    return [shape.name for shape in shapes]


def _install(database: Database, role: str, privileges: list[Document]) -> None:
    try:
        database.command("createRole", role, privileges=privileges, roles=[])
    except OperationFailure as error:
        if error.code not in _EXISTS:
            raise
        database.command("updateRole", role, privileges=privileges, roles=[])


def _app_privileges(database: str, shapes: Sequence[Shape]) -> list[Document]:
    whole = {"resource": {"db": database, "collection": ""}, "actions": ["listCollections"]}
    return [whole, *(_on(database, shape) for shape in shapes)]


def _on(database: str, shape: Shape) -> Document:
    actions = ["find", "listIndexes"]
    actions += [] if shape.seeds else ["insert"]
    actions += [] if shape.append_only else ["update"]
    actions += ["changeStream"] if shape.watched else []
    return {"resource": {"db": database, "collection": shape.name}, "actions": actions}


def _migrate_privileges(database: str, shapes: Sequence[Shape]) -> list[Document]:
    actions = ["collMod", "createCollection", "createIndex", "listCollections", "listIndexes"]
    seeding = [
        {"resource": {"db": database, "collection": shape.name}, "actions": ["find", "insert"]}
        for shape in shapes
        if shape.seeds
    ]
    return [{"resource": {"db": database, "collection": ""}, "actions": actions}, *seeding]

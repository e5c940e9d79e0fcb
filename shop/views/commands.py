"""The shop's words on the command line: `flask --app shop ...`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext

from shop.controllers.shop import migrate
from shop.views.context import shop


def init_commands(app: Flask) -> None:
    """Add the shop's commands to `flask`."""
    app.cli.add_command(migrate_command)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Create collections, validators and indexes; safe to repeat."""
    migrate(shop().database)
    click.echo("The shop's database is ready.")

"""The shop's words on the command line: `flask --app shop ...`."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import with_appcontext

from shop.controllers import accounts, catalogue
from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import migrate
from shop.errors import InvalidFields, ShopError
from shop.views.context import shop


def init_commands(app: Flask) -> None:
    """Add the shop's commands to `flask`."""
    app.cli.add_command(migrate_command)
    app.cli.add_command(reconcile_command)
    app.cli.add_command(load_command)
    app.cli.add_command(admin_group)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Create collections, validators and indexes; safe to repeat."""
    migrate(shop().database)
    click.echo("The shop's database is ready.")


@click.command("reconcile")
@with_appcontext
def reconcile_command() -> None:
    """Compare every order with its payment at the bank; exit code 1 where one differs."""
    try:
        report = reconcile(shop())
    except ShopError as error:
        raise click.ClickException(str(error)) from None
    for difference in report.differences:
        click.echo(difference)
    click.echo(
        f"{report.orders} orders, {report.intents} payments, {len(report.differences)} differences"
    )
    if report.differences:
        sys.exit(1)


@click.command("load")
@with_appcontext
def load_command() -> None:
    """Copy the project's products into the shop; those that are there stay as they are."""
    made, count = catalogue.load(shop())
    click.echo(f"{made} of {count} products are new.")


@click.group("admin")
def admin_group() -> None:
    """The shop's own people."""


@admin_group.command("create")
@click.argument("email")
@click.option("--name", default="Shopkeeper", help="What the shop calls them.")
@click.password_option(help="Asked for where it is not given.")
@with_appcontext
def create_admin(email: str, name: str, password: str) -> None:
    """Make one of the shop's own people, or one of them of a customer."""
    try:
        made = accounts.make_admin(shop(), email, name, password)
    except InvalidFields as error:
        raise click.ClickException(" ".join(error.errors.values())) from None
    click.echo(f"{email} {'was made' if made else 'has this password now'}, and is an admin.")

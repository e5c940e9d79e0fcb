"""The shop's words on the command line: `flask --app shop ...`."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import with_appcontext

from shop.controllers.reconciliation import reconcile
from shop.controllers.shop import migrate
from shop.errors import ShopError
from shop.views.context import shop


def init_commands(app: Flask) -> None:
    """Add the shop's commands to `flask`."""
    app.cli.add_command(migrate_command)
    app.cli.add_command(reconcile_command)


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

"""The bank's words on the command line: `flask --app run.py ...`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, cast

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from app.controllers import books, invitations, keys
from app.controllers.bank import DriverError, install_database_roles, migrate
from app.controllers.books import Finding, Progress
from app.controllers.orders import NewMerchantSchema
from app.controllers.payments import at_once, merchants
from app.errors import BankError, InvalidFields
from app.views.context import bank
from app.views.problems import load

bankers_group = AppGroup("bankers", help="Bankers, who are made here and nowhere else.")
ledger_group = AppGroup("ledger", help="The state of the books.")
audit_group = AppGroup("audit", help="Who did what.")
secrets_group = AppGroup("secrets", help="The keys that are derived from SECRET_KEY.")
merchants_group = AppGroup("merchants", help="Shops; in production bankers make them.")
database_group = AppGroup("database", help="Collections, indexes and validators.")


def init_commands(app: Flask) -> None:
    """Add the bank's groups of commands to `flask`."""
    groups = (bankers_group, ledger_group, audit_group, secrets_group, database_group)
    for group in (*groups, merchants_group):
        app.cli.add_command(group)


@bankers_group.command("bootstrap")
@click.argument("first")
@click.argument("second")
@with_appcontext
def bootstrap(first: str, second: str) -> None:
    """Invite the bank's first two admins, FIRST and SECOND, by a one-time link each.

    Two, because four eyes need two. Works once; of two at the same moment one wins. A link is good
    for 30 minutes; if one was not used in time, the same command makes another one.
    """
    with _plainly():
        links = invitations.bootstrap(bank(), (first, second))
    for name, link in links.items():
        click.echo(f"{name}: {link}")
    click.echo("Each link is good once, for 30 minutes. Hand it to nobody else.")


@ledger_group.command("verify")
@click.option("--new", is_flag=True, help="Only what is new since the last verification.")
@with_appcontext
def verify(new: bool) -> None:
    """Walk the books; exit code 1 when a rule is broken, with its place."""
    with _plainly(), _bar("lines") as progress:
        report = books.verify_books(bank(), full=not new, progress=progress)
    _conclude(
        report.findings,
        f"{report.accounts} accounts, {report.transactions} transactions, "
        f"{report.lines} lines walked, {report.events} events walked",
    )


@contextmanager
def _bar(of: str) -> Iterator[Progress]:
    """A bar for whoever waits; what it gives is told how far it is, and shows it of one thing."""
    with click.progressbar(length=1, label="Verifying", file=sys.stderr) as bar:

        def progress(what: str, done: int, total: int) -> None:
            if what == of:
                bar.length = max(total, done)
                bar.update(done - bar.pos)

        yield progress
        bar.update((bar.length or 1) - bar.pos)


def _conclude(findings: Sequence[Finding], walked: str) -> NoReturn:
    """Every broken rule with its place, then the sum, and the exit code."""
    for finding in findings:
        click.echo(f"{finding.account} seq {finding.seq}: {finding.rule}: {finding.detail}")
    click.echo(f"{'BROKEN' if findings else 'OK'}: {walked}, {len(findings)} findings")
    sys.exit(1 if findings else 0)


@audit_group.command("verify")
@click.option("--new", is_flag=True, help="Only what is new since the last seal.")
@click.option(
    "--reseal",
    is_flag=True,
    help="Seal it as it is, though the last seal is against it: after SECRET_KEY was lost.",
)
@with_appcontext
def verify_audit(new: bool, reseal: bool) -> None:
    """Walk the audit; exit code 1 when a rule is broken, with its stream and place."""
    with _plainly(), _bar("events") as progress:
        report = books.verify_events(bank(), full=not new, reseal=reseal, progress=progress)
    _conclude(report.findings, f"{report.events} events walked")


@ledger_group.command("balances")
@with_appcontext
def balances() -> None:
    """The trial balance: customers and the bank's own accounts; each currency sums to zero."""
    with _plainly():
        books_by_currency = books.balances(bank())
    for lines in books_by_currency.values():
        for name, money in lines.items():
            click.echo(f"{name:<12} {money.amount:>20} {money.currency}")


@secrets_group.command("in-use")
@with_appcontext
def secrets_in_use() -> None:
    """Count what hangs on SECRET_KEY and on SECRET_KEY_PREVIOUS; exit code 1 while the previous
    one is needed.

    Tokens and waiting mails are not counted: they need it for a day at most.
    """
    with _plainly():
        found = keys.in_use(bank())
    for name, use in found.items():
        counts = f"{use.authenticators} authenticators, {use.pins} PINs"
        click.echo(f"{name}: {counts}, {use.merchant_keys} keys of shops, {use.webhooks} webhooks")
    sys.exit(1 if found[keys.PREVIOUS].any else 0)


@merchants_group.command("create")
@click.option("--name", required=True, help="What customers read.")
@click.option("--account", required=True, help="The account of a customer that is credited.")
@click.option(
    "--return-url",
    "return_urls",
    multiple=True,
    required=True,
    help="Where customers may be sent back to, exactly; may be given several times.",
)
@click.option("--direct-pin", is_flag=True, help="Its own pages may take account number and PIN.")
@with_appcontext
def create_merchant(
    name: str, account: str, return_urls: tuple[str, ...], direct_pin: bool
) -> None:
    """Make a shop with a key, for development; refused in production.

    The secret is shown now and never again.
    """
    asked = {
        "name": name, "account": account, "return_urls": list(return_urls),
        "direct_pin": "true" if direct_pin else "false", "reason": "made on the command line",
    }  # fmt: skip
    with _plainly():
        made = at_once.create(bank(), load(NewMerchantSchema(), asked))
    click.echo(f"merchant: {made.merchant.id}")
    click.echo(f"key: {made.issued.key.id}")
    click.echo(f"secret: {made.issued.secret}")


@merchants_group.command("list")
@with_appcontext
def list_merchants() -> None:
    """All shops with their accounts, states and live keys, newest first."""
    with _plainly():
        for each in merchants.every(bank()):
            keys_said = f"{each.live_keys} live keys"
            click.echo(f"{each.id} {each.account} {each.status:<6} {keys_said}  {each.name}")


@database_group.command("migrate")
@with_appcontext
def migrate_database() -> None:
    """Create collections, indexes and validators; safe to repeat."""
    with _plainly():
        migrate(bank().database)
    click.echo("The database is ready.")


@database_group.command("roles")
@with_appcontext
def make_roles() -> None:
    """Create the roles strongroomApp and strongroomMigrate for MongoDB users; safe to repeat.

    MONGO_URI must name a user who may create roles. Give the first role to the user as whom the
    bank runs: it can add to the history and never change it.
    """
    with _plainly():
        install_database_roles(bank().database)
    click.echo("The roles strongroomApp and strongroomMigrate are up to date.")


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn an error of the bank or of MongoDB into one sentence and exit code 1."""
    try:
        yield
    except InvalidFields as error:
        wrong = cast(list[dict[str, str]], error.facts["errors"])
        told = "; ".join(f"{each['field']}: {each['message']}" for each in wrong)
        raise click.ClickException(told) from None
    except BankError as error:
        text = error.title().rstrip(".") + (f": {error.detail}" if error.detail else "")
        raise click.ClickException(f"{text}.") from None
    except DriverError as error:
        # Of the driver's error only its name: the text carries whole documents.
        text = f"MongoDB refused or did not answer ({type(error).__name__})"
        raise click.ClickException(f"{text}: may the user of MONGO_URI do this?") from None

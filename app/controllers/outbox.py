"""The outbox at the desk: what became of mails, and sending one again that was given up."""

from __future__ import annotations

from app.controllers import audits
from app.controllers.bank import Actor, Bank
from app.errors import AlreadyInState, MailForgotten, RoleMissing
from app.models import audit, outbox
from app.models.outbox import Posted

__all__ = ["MAY_SEND", "STATUSES", "Posted", "send_again"]
STATUSES = outbox.STATUSES
MAY_SEND = frozenset({"teller", "approver", "admin"})


def send_again(bank: Bank, actor: Actor, id: str) -> None:
    """Let a mail wait again that was given up: it is sent once, whoever presses at one moment.

    Raises MailNotFound, MailForgotten, AlreadyInState.
    """
    if actor.roles.isdisjoint(MAY_SEND):
        raise RoleMissing("an auditor may look, not act", needs=sorted(MAY_SEND))
    mail = outbox.get_mail(bank.database, id)
    if mail.status == "given_up" and mail.sealed is None:
        raise MailForgotten("a code or a link was in it: let its reader ask for another one")

    def work() -> None:
        if not outbox.take_up(bank.database, mail, bank.now()):
            raise AlreadyInState("it waits to be sent, or was sent", mail=mail.id)
        event = audits.event(bank, actor, "mail sent again", mail.id, facts={"kind": mail.kind})
        audit.record(bank.database, event)

    bank.database.atomically(work)
    bank.post.look()

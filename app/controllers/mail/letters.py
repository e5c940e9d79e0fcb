"""What a mail says. No secret stands in a subject: phones show it on a locked screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage

_BREAKS = re.compile(r"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is posted: its kind for bankers and tests, the reader's address, its
    subject in one line, its text. Raises ValueError where a header would go on in a second line."""

    kind: str
    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        if _BREAKS.search(self.to) or _BREAKS.search(self.subject):
            raise ValueError("an address and a subject have one line each")


def message(letter: Letter, *, sender: str, name: str, id: str) -> EmailMessage:
    """The letter as a message. Its Message-ID is the same each time it is sent, so that a mailbox
    can tell a second copy."""
    made = EmailMessage()
    made["From"] = Address(name, addr_spec=sender)
    made["To"] = Address(addr_spec=letter.to)
    made["Subject"] = letter.subject
    made["Message-ID"] = f"<{id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text)
    return made

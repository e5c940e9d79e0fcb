"""Mail: written into the outbox with what it tells about, sent from there by one of three ways."""

from app.controllers.mail import wording
from app.controllers.mail.carriers import Carrier, Console, carrier_of
from app.controllers.mail.letters import Letter
from app.controllers.mail.sender import Post, printed

__all__ = ["Carrier", "Console", "Letter", "Post", "carrier_of", "printed", "wording"]

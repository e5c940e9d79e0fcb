"""What the groups of operations are for; each is a blueprint."""

TAGS = {
    "auth": "Become a customer; log in.",
    "sessions": "Where you are logged in.",
    "codes": "Codes for what needs a second factor.",
    "credentials": "Your password, second factor and address.",
    "me": "Who you are, and what you may change of it.",
    "profile": "What you may change of it.",
    "accounts": "Your accounts and balances.",
    "transfers": "Move money.",
    "transactions": "What happened.",
    "desk": "For bankers: all accounts, transactions and customers, and the state of the books.",
    "reports": "For bankers: how the bank does, today and over time.",
    "audit": "For bankers: who did what, when and why.",
    "approvals": "For bankers: what needs four eyes, proposed by one and approved by another.",
    "people": "For bankers: who they are, and their roles.",
    "invitations": "Become a banker.",
    "shop": "For shops, by signed calls: who you are.",
    "webhooks": "For shops, by signed calls: who is told what becomes of payments, and what was.",
    "machines": "For load balancers.",
    "docs": "What a problem means.",
}

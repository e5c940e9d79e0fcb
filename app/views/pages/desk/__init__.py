"""The bankers' desk, one module per subject."""

from app.views.pages.desk.accounts import accounts
from app.views.pages.desk.approvals import approvals
from app.views.pages.desk.audit import audit
from app.views.pages.desk.bankers import bankers
from app.views.pages.desk.books import books
from app.views.pages.desk.customers import customers
from app.views.pages.desk.home import home
from app.views.pages.desk.live import feed
from app.views.pages.desk.merchants import merchants
from app.views.pages.desk.outbox import outbox
from app.views.pages.desk.payments import payments
from app.views.pages.desk.search import search
from app.views.pages.desk.security import security
from app.views.pages.desk.transactions import transactions
from app.views.pages.desk.webhooks import webhooks

DESK_PAGES = (
    home, feed, accounts, transactions, payments, customers, merchants, search, security,
    approvals, audit, books, outbox, webhooks, bankers,
)  # fmt: skip

"""The JSON API, one module per resource."""

from app.views.api.accounts import accounts
from app.views.api.approvals import approvals
from app.views.api.audit import audit
from app.views.api.auth import auth, sessions
from app.views.api.credentials import codes, own
from app.views.api.desk import desk
from app.views.api.docs import docs
from app.views.api.machines import machines
from app.views.api.me import me, profile
from app.views.api.merchants import merchants, own_shops, shop
from app.views.api.payments import payments
from app.views.api.people import invitations, people
from app.views.api.reports import reports
from app.views.api.transactions import transactions
from app.views.api.transfers import transfers
from app.views.api.webhooks import webhooks

BLUEPRINTS = (
    auth,
    sessions,
    codes,
    own,
    me,
    profile,
    accounts,
    transfers,
    transactions,
    desk,
    reports,
    audit,
    approvals,
    people,
    invitations,
    merchants,
    own_shops,
    shop,
    webhooks,
    payments,
    machines,
    docs,
)

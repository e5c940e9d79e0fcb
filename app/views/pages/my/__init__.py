"""The customers' website, one module per subject."""

from app.views.pages.my.confirming import payments
from app.views.pages.my.history import history
from app.views.pages.my.overview import overview
from app.views.pages.my.profile import profile
from app.views.pages.my.security import security
from app.views.pages.my.shops import shops
from app.views.pages.my.statements import statements

MY_PAGES = (overview, payments, history, statements, security, profile, shops)

"""The bankers' desk, one module per subject."""

from app.views.pages.desk.home import home
from app.views.pages.desk.security import security

DESK_PAGES = (home, security)

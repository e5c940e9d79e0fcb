"""The bankers' desk, one module per subject."""

from app.views.pages.desk.home import home

DESK_PAGES = (home,)

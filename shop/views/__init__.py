"""The shop's views: HTTP, and nothing else."""

from shop.views.pages.home import home
from shop.views.status import status

BLUEPRINTS = (status, home)

"""The shop's views: HTTP, and nothing else."""

from shop.views.assets import assets
from shop.views.pages.cart import cart
from shop.views.pages.goods import goods
from shop.views.pages.home import home
from shop.views.pages.people import entrance, profile
from shop.views.pages.shelf import shelf
from shop.views.pictures import pictures
from shop.views.status import status

BLUEPRINTS = (status, assets, pictures, home, goods, cart, entrance, profile, shelf)

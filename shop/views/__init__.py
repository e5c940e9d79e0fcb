"""The shop's views: HTTP, and nothing else."""

from shop.views.assets import assets
from shop.views.pages.admin_orders import admin_orders
from shop.views.pages.cart import cart
from shop.views.pages.checkout import checkout
from shop.views.pages.goods import goods
from shop.views.pages.home import home
from shop.views.pages.my_orders import my_orders
from shop.views.pages.ordering import ordering
from shop.views.pages.people import entrance, profile
from shop.views.pages.shelf import shelf
from shop.views.pictures import pictures
from shop.views.status import status
from shop.views.webhooks import webhooks

BLUEPRINTS = (
    status, assets, pictures, home, goods, cart, entrance, profile, shelf, checkout, ordering,
    my_orders, admin_orders, webhooks,
)  # fmt: skip

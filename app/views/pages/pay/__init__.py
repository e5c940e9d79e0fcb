"""The hosted payment page: shops send their customers here, and see neither number nor PIN."""

from app.views.pages.pay.paying import pay

__all__ = ["pay"]

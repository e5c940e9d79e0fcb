"""The customers' website, one module per subject."""

from app.views.pages.my.overview import overview

MY_PAGES = (overview,)

"""Texts that are code elsewhere are texts here: in every field of every form, and wherever pages
show what somebody once typed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from app.models import sessions
from tests.pages import Browser, Page, PageForm
from tests.views.hostile import SCRIPTS
from tests.views.pages.sweep import Site, open_site, shown

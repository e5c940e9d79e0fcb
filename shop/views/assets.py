"""What pages load beside themselves: Bootstrap's stylesheet from its package, and our own files.

Each address carries a hash of the content, so that a browser may keep it for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, request, url_for

from shop.errors import NotFound
from shop.views import guards

assets = guards.public(Blueprint("assets", __name__, url_prefix="/assets"))

_OWN = Path(__file__).parents[1] / "static"
_FROM_PACKAGES = {
    "bootstrap.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
}
_PICTURES = re.compile(rb'url\("data:[^"]*"\)')
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
}
_KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `version` is a hash of it."""

    content: bytes
    packed: bytes
    version: str
    type: str


def address_of(name: str) -> str:
    """Where a browser finds the file, in its present version."""
    return url_for("assets.file", version=_read(name).version, name=name)


@assets.get("/<version>/<name>")
def file(version: str, name: str) -> Response:
    """A file that pages load."""
    try:
        found = _read(name)
    except (FileNotFoundError, KeyError):
        raise NotFound("no page loads this") from None
    return sent(found, version)


def asset(content: bytes, type: str) -> Asset:
    """Content, ready to be sent."""
    version = hashlib.sha256(content).hexdigest()[:12]
    return Asset(content, gzip.compress(content, mtime=0), version, _TYPES[type])


def sent(found: Asset, version: str) -> Response:
    """The answer to a request for that version of it; another version is not kept."""
    packs = bool(request.accept_encodings["gzip"])
    response = Response(found.packed if packs else found.content, content_type=found.type)
    response.vary.add("Accept-Encoding")
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = _KEPT if version == found.version else "no-cache"
    return response


@cache
def _names() -> dict[str, Path]:
    """Every file that there is, by name; no other path is ever opened."""
    own = {path.name: path for path in _OWN.iterdir() if path.suffix[1:] in _TYPES}
    packaged = {
        name: Path(str(files(package))) / path for name, (package, path) in _FROM_PACKAGES.items()
    }
    return own | packaged


@cache
def _read(name: str) -> Asset:
    path = _names()[name]
    content = path.read_bytes()
    if name in _FROM_PACKAGES:
        # The package's map for developers is not served, and its pictures inside of the stylesheet
        # are what our policy forbids.
        content = content.split(b"/*# sourceMappingURL", 1)[0]
        content = _PICTURES.sub(b"none", content)
    return asset(content, path.suffix[1:])

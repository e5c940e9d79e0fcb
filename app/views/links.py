"""Links with a secret behind #, which browsers send to nobody: people paste them, a script reads
them."""

from __future__ import annotations

import re

from flask import request

_SECRET = re.compile(r"#(\S+)")


def pasted() -> dict[str, str]:
    """The `token` of a form, which was pasted alone or within the whole link, if there is one."""
    text = request.form.get("token", "").strip()
    found = _SECRET.search(text)
    token = found[1] if found else text
    return {"token": token} if token else {}

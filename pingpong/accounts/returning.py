"""Where a person wanted to go when they were asked to log in."""

import re
from urllib.parse import urlsplit

from flask import request, url_for

# Browsers read a backslash as a slash, and leave out tabs and line ends (WHATWG URL §4.4).
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def page_to_return_to() -> str:
    """`?next=`, if that is a page of our own, else home. Never an address elsewhere (CWE-601)."""
    wanted = request.values.get("next", "")
    if OWN_PATH.fullmatch(wanted) and not urlsplit(wanted).netloc:
        return wanted
    return url_for("pings.home")

"""`/api/schema/` and its two readers."""

import re
import subprocess
import sys

import pytest

from pingpong.http import CONTENT_SECURITY_POLICY

READERS = ["/api/schema/swagger-ui/", "/api/schema/redoc/"]
OTHER_HOST = re.compile(r"""(?:src|href)=["']?(?:https?:)?//""")


@pytest.mark.parametrize("path", READERS)
def test_a_reader_and_all_it_loads_comes_from_here(client, path):
    page = client.get(path)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert not OTHER_HOST.search(page.text)
    for address in loaded:
        assert client.get(address if address.startswith("/") else path + address).status_code == 200, address


def test_redoc_asks_no_other_host_for_its_logo(client):
    script = client.get("/api/schema/redoc/js/redoc.standalone.js").text

    assert "cdn.redoc" not in script
    assert "/api/schema/redoc/images/redoc.svg" in script
    assert client.get("/api/schema/redoc/images/redoc.svg").mimetype == "image/svg+xml"


def test_redoc_is_not_sent_again_to_who_has_it(client):
    path = "/api/schema/redoc/js/redoc.standalone.js"
    tag = client.get(path).headers["ETag"]

    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_only_the_readers_may_write_styles(client):
    assert "style-src 'self' 'unsafe-inline'" in client.get(READERS[0]).headers["Content-Security-Policy"]
    assert client.get("/healthz").headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    for path in READERS:
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "script-src" not in policy  # as everywhere: from here, and none inline
        assert "default-src 'self';" in policy


@pytest.mark.parametrize("path", ["/api/schema/redoc/../../app.py", "/api/schema/swagger-ui/nothing.js"])
def test_nothing_else_is_handed_out(client, path):
    assert client.get(path).status_code == 404


def test_who_asks_for_no_description_does_not_load_what_writes_it():
    program = "import sys, pingpong.app; sys.exit('flask_openapi3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

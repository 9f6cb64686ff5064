"""Passwords are computed beside the event loop."""

import subprocess
import sys

from tests.stack import ROOT

ASK_AMONG_GREENLETS = """
from gevent import monkey
monkey.patch_all()
from pingpong.accounts.passwords import is_right, make_hash
known = make_hash("a fine password")
print(is_right(known, "a fine password"), is_right(known, "another"), is_right("no hash", "another"))
"""


def test_among_greenlets_a_wrong_password_is_no_fault_of_ours() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK_AMONG_GREENLETS],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (asked.stdout, asked.stderr) == ("True False False\n", "")

"""Passwords are computed beside the event loop."""

from tests.processes import run_code

ASK_AMONG_GREENLETS = """
from gevent import monkey
monkey.patch_all()
from pingpong.accounts.passwords import is_right, make_hash
known = make_hash("a fine password")
print(is_right(known, "a fine password"), is_right(known, "another"), is_right("no hash", "another"))
"""


def test_among_greenlets_a_wrong_password_is_no_fault_of_ours() -> None:
    asked = run_code(ASK_AMONG_GREENLETS)

    assert (asked.stdout, asked.stderr) == ("True False False\n", "")

"""`flask users …`"""

import pytest

from pingpong.accounts.models import User
from tests.people import PASSWORD, log_in, some_one


@pytest.fixture
def users(app):
    return lambda *arguments, **options: app.test_cli_runner().invoke(args=["users", *arguments], **options)


def test_an_administrator_is_made(app, users):
    result = users(
        "create-admin", "root@example.com", "--username", "root", "--password-stdin", input=PASSWORD
    )

    assert result.exit_code == 0, result.output
    assert User.find_by_name("root").is_admin
    assert log_in(app.test_client(), username="root").status_code == 200


def test_the_password_is_asked_for_twice_and_not_shown(users):
    result = users("create-admin", "root@example.com", input=f"{PASSWORD}\n{PASSWORD}\n")

    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output


def test_somebody_who_is_there_becomes_an_administrator(app, users):
    some_one(app, username="ada")

    assert users("create-admin", "ada").exit_code == 0
    assert User.find_by_name("ada").is_admin


def test_a_bad_password_makes_nobody(users):
    result = users("create-admin", "root@example.com", "--password-stdin", input="short")

    assert result.exit_code == 1
    assert "password: must have at least 8 characters" in result.output
    assert User.find_by_name("root@example.com") is None


def test_a_new_password_ends_the_sessions(app, users):
    ada = some_one(app, username="ada")

    result = users("set-password", "ada", "--password-stdin", input="another fine password")

    assert result.exit_code == 0, result.output
    assert ada.browser.get("/api/users/profile/").status_code == 401
    assert log_in(app.test_client(), username="ada", password="another fine password").status_code == 200


def test_a_password_for_nobody_is_an_error(users):
    assert "there is nobody named ada" in users("set-password", "ada", input=PASSWORD).output


def test_people_are_listed(app, users):
    some_one(app, username="ada", name="Ada")
    some_one(app, username="grace", is_admin=True)

    lines = [line.split("\t")[1:] for line in users("list").output.splitlines() if "\t" in line]

    assert [line[0] for line in lines] == ["grace", "ada"]
    assert lines[0][-1] == "admin"
    assert users("list", "--q", "GRA").output.count("\t") > 0

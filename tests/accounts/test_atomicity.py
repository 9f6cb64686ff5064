"""A person's change and the event that tells of it are one: without the one there is not the other."""

import pytest

from pingpong.accounts.models import LoginSession, User
from tests.people import PASSWORD, some_address
from tests.recorded import comes_to_nothing_without_its_event

VERBS = {
    "register": lambda ada, session: User.register(email=some_address(), password=PASSWORD),
    "log in": lambda ada, session: LoginSession.begin(ada),
    "log out": lambda ada, session: LoginSession.end(session.id, "logout"),
    "log out everywhere": lambda ada, session: LoginSession.end_all_of(ada.id, "everywhere"),
    "change the profile": lambda ada, session: ada.change_profile(name="Ada"),
    "set a password": lambda ada, session: ada.set_password("another fine password"),
    "make an administrator": lambda ada, session: ada.make_admin(),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_what_cannot_be_recorded_is_not_done(app, verb):
    ada = User.register(email=some_address(), password=PASSWORD)
    session = LoginSession.begin(ada)

    comes_to_nothing_without_its_event(lambda: verb(ada, session), "users", "login_sessions")

"""What a worker does for accounts."""

from pingpong.accounts.jobs import forget_sessions
from pingpong.accounts.models import LoginSession, User
from pingpong.extensions import db
from tests.people import logged_in, some_one


def test_sessions_that_ended_are_forgotten_and_others_are_not(app):
    ada = some_one(app)
    other = logged_in(app, db.session.get(User, ada.id))
    ada.browser.post("/api/users/logout/", headers=ada.csrf)

    forget_sessions()

    assert LoginSession.query.count() == 1
    assert other.browser.get("/api/users/profile/").status_code == 200

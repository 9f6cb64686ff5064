"""The JSON routes of people: `/api/users/…`."""

import structlog
from flask import Blueprint
from flask_wtf.csrf import generate_csrf

from pingpong.accounts import tickets, tokens
from pingpong.accounts.attempts import password_attempt
from pingpong.accounts.csrf import without_token
from pingpong.accounts.endings import tell_ended
from pingpong.accounts.identity import forget, remember, require
from pingpong.accounts.models import LoginSession, User, find_people
from pingpong.accounts.schemas import (
    AccessToken,
    Credentials,
    LoggedIn,
    Message,
    PasswordChange,
    People,
    PeopleQuery,
    Person,
    ProfileChange,
    RefreshToken,
    Registration,
    SessionEnd,
    Ticket,
)
from pingpong.openapi.access import Access
from pingpong.openapi.operation import Tag, operation

log = structlog.get_logger(__name__)

blueprint = Blueprint("accounts", __name__, url_prefix="/api/users")

ACCOUNTS = Tag("Accounts", "People, and how they are known.")


@blueprint.post("/register/")
@without_token(forms=False)
@operation(ACCOUNTS, answers={201: Person}, errors=[409])
def register(body: Registration) -> Person:
    """Make an account.

    The username is the e-mail address unless another is given; either logs in.
    """
    user = body.register(by_themselves=True)
    log.info("user_registered", user_id=str(user.id))
    return Person.model_validate(user)


@blueprint.post("/login/")
@without_token(forms=False)
@operation(ACCOUNTS, answers={200: LoggedIn}, errors=[401])
def login(body: Credentials) -> LoggedIn:
    """Log in, by username or e-mail address.

    The answer brings tokens and a session cookie; each alone is enough. With the cookie, send `csrf_token` as
    `X-CSRFToken` in all that changes something.
    """
    with password_attempt(body.login):
        user = User.authenticate(body.login, body.password)
    session = LoginSession.begin(user)
    remember(session)
    log.info("logged_in", user_id=str(user.id))
    return LoggedIn(
        access=tokens.access_token(session),
        refresh=tokens.refresh_token(session),
        user=Person.model_validate(user),
        csrf_token=generate_csrf(),
    )


@blueprint.post("/token/refresh/")
@without_token(forms=False)
@operation(ACCOUNTS, answers={200: AccessToken}, errors=[401])
def refresh(body: RefreshToken) -> AccessToken:
    """Get a new access token for a refresh token."""
    return AccessToken(access=tokens.access_token(tokens.session_of_refresh(body.refresh)))


@blueprint.post("/logout/")
@operation(ACCOUNTS, answers={200: Message}, access=Access.ACCOUNT)
def logout(body: SessionEnd) -> Message:
    """End the session: its cookie, its access tokens and its refresh token are worth nothing any more.

    The session is that of the refresh token, if one is sent, else that of the request.
    """
    tell_ended(
        _end_by_token(body.refresh) if body.refresh else LoginSession.end(require().session_id, "logout")
    )
    forget()
    return Message(message="Logged out.")


@blueprint.post("/password/")
@operation(ACCOUNTS, answers={200: Message}, access=Access.ACCOUNT)
def change_password(body: PasswordChange) -> Message:
    """Take another password; all other sessions end."""
    identity = require()
    with password_attempt(identity.user.email):
        ended = identity.user.change_password(body.old_password, body.new_password, keep=identity.session_id)
    tell_ended(ended)
    return Message(message="The password is changed; all other sessions have ended.")


@blueprint.post("/tickets/")
@operation(ACCOUNTS, answers={200: Ticket}, access=Access.ACCOUNT)
def issue_ticket() -> Ticket:
    """Get a ticket for one stream or socket.

    Good for one use within a short time, as `?ticket=`: a token does not belong into an address.
    """
    return Ticket(ticket=tickets.issue(require().session_id))


@blueprint.get("/profile/")
@operation(ACCOUNTS, answers={200: Person}, access=Access.ACCOUNT)
def profile() -> Person:
    """Read one's own profile."""
    return Person.model_validate(require().user)


@blueprint.patch("/profile/")
@operation(ACCOUNTS, answers={200: Person}, errors=[409], access=Access.ACCOUNT)
def change_profile(body: ProfileChange) -> Person:
    """Change one's own profile; what is not sent stays."""
    return Person.model_validate(require().user.change_profile(**body.changes))


@blueprint.get("/list/")
@operation(ACCOUNTS, answers={200: People}, access=Access.ACCOUNT)
def people(query: PeopleQuery) -> People:
    """Find people, newest first."""
    require()
    found, following = find_people(query.q, after=query.after, limit=query.limit)
    return People(items=[Person.model_validate(user) for user in found], next=following)


def _end_by_token(refresh_token: str) -> list[LoginSession]:
    """Whoever has the token is its person, whoever the request is otherwise of."""
    session = tokens.session_of_refresh(refresh_token)
    return LoginSession.end(session.id, "logout", actor_id=session.user_id)

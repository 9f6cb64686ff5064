"""The pages of people: register, log in, profile."""

from typing import Any, TypeVar

import structlog
from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from pingpong.accounts.attempts import password_attempt
from pingpong.accounts.endings import tell_ended
from pingpong.accounts.identity import forget, identify, login_required, remember, require
from pingpong.accounts.models import LoginSession, User
from pingpong.accounts.returning import page_to_return_to
from pingpong.accounts.schemas import Credentials, PasswordChange, ProfileChange, Registration
from pingpong.errors import InvalidInput, PingpongError, Unauthorized, answer, mark, wants_page
from pingpong.http import see
from pingpong.openapi.reading import given_body

log = structlog.get_logger(__name__)

blueprint = Blueprint("people", __name__, template_folder="templates")

Filled = TypeVar("Filled", bound=BaseModel)


@blueprint.route("/register/", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """A form for a new account; whoever fills it in is logged in at once."""
    if request.method == "GET":
        return _unless_logged_in("accounts/register.html")
    try:
        user = _filled(Registration).register(by_themselves=True)
    except PingpongError as error:
        return _again("accounts/register.html", error)
    log.info("user_registered", user_id=str(user.id))
    return _welcome(user)


@blueprint.route("/login/", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """A form for who has an account."""
    if request.method == "GET":
        return _unless_logged_in("accounts/login.html")
    try:
        given = _filled(Credentials)
        with password_attempt(given.login):
            user = User.authenticate(given.login, given.password)
    except PingpongError as error:
        return _again("accounts/login.html", error)
    return _welcome(user)


@blueprint.post("/logout/")
def logout() -> Response:
    """End the session; nothing happens if there is none."""
    identity = identify()
    if identity:
        tell_ended(LoginSession.end(identity.session_id, "logout"))
    forget()
    return see(url_for("pings.home"))


@blueprint.get("/profile/")
@login_required
def profile() -> str:
    """One's own data, and what ends sessions."""
    return _profile()


@blueprint.post("/profile/")
@login_required
def change_profile() -> ResponseReturnValue:
    """Change name, username or e-mail address."""
    try:
        require().user.change_profile(**_filled(ProfileChange).changes)
    except PingpongError as error:
        return mark(make_response(_profile(error, form="profile")), error)
    return see(url_for("people.profile", saved="profile"))


@blueprint.post("/profile/password/")
@login_required
def change_password() -> ResponseReturnValue:
    """Take another password; all other sessions end."""
    identity = require()
    try:
        given = _filled(PasswordChange)
        with password_attempt(identity.user.email):
            ended = identity.user.change_password(
                given.old_password, given.new_password, keep=identity.session_id
            )
    except PingpongError as error:
        return mark(make_response(_profile(error, form="password")), error)
    tell_ended(ended)
    return see(url_for("people.profile", saved="password"))


@blueprint.post("/profile/sessions/")
@login_required
def end_sessions() -> Response:
    """Log out everywhere, here as well."""
    tell_ended(LoginSession.end_all_of(require().user.id, "everywhere"))
    forget()
    return see(url_for("people.login"))


@blueprint.app_errorhandler(Unauthorized)
def to_login(error: Unauthorized) -> Response:
    """A page that is only for people asks for a login, and comes after it."""
    if request.method == "GET" and wants_page():
        return see(url_for("people.login", next=request.full_path.rstrip("?")))
    return answer(error)


@blueprint.app_context_processor
def add_person() -> dict[str, Any]:
    """`person()` in templates: who looks at the page, if that is known."""
    return {"person": _person}


@blueprint.after_app_request
def keep_private(response: Response) -> Response:
    """What is made for one person no cache may give to another."""
    if _is_personal():
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _is_personal() -> bool:
    return request.blueprint == blueprint.name or "session" in request.cookies


def _person() -> User | None:
    try:
        identity = identify()
    except (Unauthorized, SQLAlchemyError):
        return None
    return identity.user if identity else None


def _filled(model: type[Filled]) -> Filled:
    """The form as the model; what was left empty was not given. Raises InvalidInput."""
    try:
        return model.model_validate({k: v for k, v in given_body().items() if v}, strict=False)
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None


def _welcome(user: User) -> Response:
    session = LoginSession.begin(user)
    remember(session)
    log.info("logged_in", user_id=str(user.id))
    return see(page_to_return_to())


def _unless_logged_in(template: str) -> ResponseReturnValue:
    return see(page_to_return_to()) if _person() else render_template(template, given={}, fields={})


def _again(template: str, error: PingpongError) -> Response:
    """The form with what was typed, but no password, and what was wrong."""
    given = {name: text for name, text in request.form.items() if "password" not in name}
    page = render_template(template, given=given, fields=error.fields, message=_words(error))
    return mark(make_response(page), error)


def _profile(error: PingpongError | None = None, form: str = "") -> str:
    user = require().user
    given = {"name": user.name, "username": user.username, "email": user.email}
    if form == "profile":
        given |= request.form.to_dict()
    return render_template(
        "accounts/profile.html",
        given=given,
        fields=error.fields if error else {},
        message=_words(error) if error else None,
        form=form,
        saved=request.args.get("saved"),
    )


def _words(error: PingpongError) -> str | None:
    """What stands beside a field is not said twice; what is of the whole form is said above it."""
    unplaced = error.fields.get("body")
    return unplaced[0] if unplaced else None if error.fields else error.message

"""What is recorded of people: who they are is their id, never a name or an address."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from pingpong.eventlog.catalogue import EventContext, event

Ending = Literal["logout", "everywhere", "password", "admin"]
"""Why a login session ended before its time: its person logged out, or did so everywhere, or has another
password now; or an administrator ended it, or changed what its person may do."""

LoginFailure = Literal["unknown", "wrong_password", "shut_out"]

ProfileField = Literal["email", "username", "name"]


@event("user.registered", version=1)
class UserRegistered(EventContext):
    """Somebody has an account."""

    user_id: UUID
    is_admin: bool


@event("user.made_admin", version=1)
class UserMadeAdmin(EventContext):
    """A person may administer from now on."""

    user_id: UUID


@event("user.unmade_admin", version=1)
class UserUnmadeAdmin(EventContext):
    """A person may administer no longer."""

    user_id: UUID


@event("user.shut_out", version=1)
class UserShutOut(EventContext):
    """A person can log in no longer."""

    user_id: UUID


@event("user.let_in", version=1)
class UserLetIn(EventContext):
    """A person who was shut out can log in again."""

    user_id: UUID


@event("profile.changed", version=1)
class ProfileChanged(EventContext):
    """A person has changed their profile."""

    user_id: UUID
    fields: list[ProfileField] = Field(description="What is not as it was.")


@event("password.changed", version=1)
class PasswordChanged(EventContext):
    """A person has another password."""

    user_id: UUID
    sessions_ended: int = Field(description="Login sessions that ended by it.")


@event("login.failed", version=1)
class LoginFailed(EventContext):
    """Somebody wanted to log in and could not."""

    user_id: UUID | None = Field(description="Whose password it was to be; empty if there is no such person.")
    reason: LoginFailure = Field(
        description="There is no such person, or the password is wrong; or it is right, and its person is"
        " shut out."
    )


@event("session.began", version=1)
class SessionBegan(EventContext):
    """A person has logged in. That a session expires is no event."""

    session_id: UUID
    user_id: UUID


@event("session.ended", version=1)
class SessionEnded(EventContext):
    """A login session counts no longer, before its time."""

    session_id: UUID
    user_id: UUID
    reason: Ending = Field(
        description="The person logged out, or did so everywhere, or has another password now; or an"
        " administrator ended it, or changed what the person may do."
    )

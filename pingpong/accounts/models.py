"""People, and the login sessions by which they are known.

A session is a row: the session cookie, the access token and the refresh token of one login name it, and none
of them is worth anything once it has ended.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self, cast
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnExpressionArgument,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.accounts import events, passwords
from pingpong.database import contains_folded
from pingpong.errors import Conflict, InvalidInput, Unauthorized
from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.recording import record
from pingpong.extensions import db, execute_count, release, settings

LONGEST_EMAIL = 254
"""RFC 5321 §4.5.3.1.3, less the brackets."""
LONGEST_NAME = 150
SEARCH_TEXT = r"lower(username || E'\n' || email || E'\n' || name)"


class User(db.Model):  # type: ignore[name-defined]
    """A person with an account. E-mail addresses are in lower case; usernames differ in more than case."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    username: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    password_hash: Mapped[str] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(Boolean, default=False)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    search_text: Mapped[str] = deferred(mapped_column(Text, Computed(SEARCH_TEXT, persisted=True)))

    __table_args__ = (
        Index("users_email", "email", unique=True),
        Index("users_username", text("lower(username)"), unique=True),
        Index(
            "users_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    @classmethod
    def register(
        cls,
        *,
        email: str,
        password: str,
        username: str = "",
        name: str = "",
        is_admin: bool = False,
        by_themselves: bool = False,
    ) -> Self:
        """Make an account; the username is the e-mail address unless another is given.

        `by_themselves`: nobody else makes it for them. Raises Conflict when either is taken.
        """
        user = cls(
            id=uuid7(),
            username=username or email,
            email=email,
            name=name,
            password_hash=passwords.make_hash(password),
            is_admin=is_admin,
            is_active=True,
        )
        db.session.add(user)
        made = events.UserRegistered(user_id=user.id, is_admin=is_admin)
        user._save(made, actor_id=user.id if by_themselves else None)
        return user

    @classmethod
    def authenticate(cls, name: str, password: str) -> Self:
        """The person who has this username or e-mail address and this password.

        Raises Unauthorized, after the same time whether there is none or the password is wrong.
        """
        user = cls.find_by_name(name)
        known_hash = user.password_hash if user else passwords.NOBODYS
        is_right = passwords.is_right(known_hash, password)
        if user is None or not (is_right and user.is_active):
            known: events.LoginFailure = "shut_out" if is_right else "wrong_password"
            reason = known if user else "unknown"
            record(events.LoginFailed(user_id=user.id if user else None, reason=reason))
            db.session.commit()
            raise Unauthorized("The username or the password is wrong.")
        if passwords.is_outdated(known_hash):
            user.password_hash = passwords.make_hash(password)
            db.session.commit()
        return user

    @classmethod
    def find_by_name(cls, name: str) -> Self | None:
        """Whoever has this username or e-mail address, in any case."""
        folded = name.strip().lower()
        user = db.session.scalars(
            select(cls).where(or_(cls.email == folded, func.lower(cls.username) == folded)).limit(1)
        ).first()
        release()
        return user

    def change_profile(self, **changes: str) -> "User":
        """Take another `email`, `username` or `name`. A username that is the e-mail address stays so.

        Returns the person as they are now.

        Raises Conflict when one is taken, InvalidInput for a username that is another's address.
        """
        user = db.session.get_one(User, self.id, with_for_update={"key_share": True}, populate_existing=True)
        if user.username == user.email and "email" in changes:
            changes.setdefault("username", changes["email"])
        new = {column: value for column, value in changes.items() if getattr(user, column) != value}
        for column, value in new.items():
            setattr(user, column, value)
        if "@" in user.username and user.username != user.email:
            db.session.rollback()
            raise InvalidInput.of(username="must not be another e-mail address than your own")
        if new:
            fields = cast(list[events.ProfileField], sorted(new))
            user._save(events.ProfileChanged(user_id=user.id, fields=fields))
        release()
        return user

    def change_password(self, old: str, new: str, *, keep: UUID) -> "list[LoginSession]":
        """Take another password; ends all sessions but the one that asks. Returns those that ended.

        Raises InvalidInput when the old one is wrong.
        """
        if not passwords.is_right(self.password_hash, old):
            raise InvalidInput.of(old_password="is not your password")  # noqa: S106
        return self.set_password(new, keep=keep)

    def set_password(self, new: str, *, keep: UUID | None = None) -> "list[LoginSession]":
        """Give a password without asking for the old one. Returns the sessions that this ended."""
        new_hash = passwords.make_hash(new)
        user = db.session.get_one(User, self.id)
        user.password_hash = new_hash
        ended = LoginSession.end_all("password", of=self.id, but=keep)
        record(events.PasswordChanged(user_id=self.id, sessions_ended=len(ended)))
        db.session.commit()
        return ended

    def make_admin(self) -> None:
        """Let this person administer."""
        is_other = (User.id == self.id, User.is_admin.is_(False))
        if execute_count(update(User).where(*is_other).values(is_admin=True)):
            record(events.UserMadeAdmin(user_id=self.id))
        db.session.commit()

    def _save(self, event: EventContext, actor_id: UUID | None = None) -> None:
        try:
            record(event, actor_id=actor_id)
            db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            raise _taken(error) from None


class LoginSession(db.Model):  # type: ignore[name-defined]
    """One login of one person: what a cookie or a token stands for until it ends or expires."""

    __tablename__ = "login_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (Index("login_sessions_user", "user_id"), Index("login_sessions_expiry", "expires_at"))

    @classmethod
    def begin(cls, user: User) -> Self:
        """A new session, whoever was known by the same cookie before."""
        session = cls(id=uuid7(), user_id=user.id, expires_at=clock.now() + _lifetime())
        session.user = user
        db.session.add(session)
        record(events.SessionBegan(session_id=session.id, user_id=user.id), actor_id=user.id)
        db.session.commit()
        db.session.refresh(session, ["expires_at", "created_at"])
        release()
        return session

    @classmethod
    def find(cls, session_id: UUID) -> Self:
        """The session, with its user, if it still counts. Raises Unauthorized."""
        session = db.session.scalars(
            select(cls).join(cls.user).where(cls.id == session_id, *cls._counts())
        ).first()
        release()
        if session is None:
            raise Unauthorized("This session has ended; log in again.")
        return session

    @classmethod
    def still_counting(cls, session_ids: Sequence[UUID]) -> set[UUID]:
        """Those of these sessions that have neither ended nor expired."""
        found = select(cls.id).join(cls.user).where(cls.id.in_(session_ids), *cls._counts())
        counting = set(db.session.scalars(found))
        release()
        return counting

    @classmethod
    def end(
        cls, session_id: UUID, reason: events.Ending, *, actor_id: UUID | None = None
    ) -> "list[LoginSession]":
        """Log out: its cookie and its tokens are worth nothing any more. Returns what ended.

        It is done by whoever makes this request, or by `actor_id`.
        """
        ended = cls._end(reason, cls.id == session_id, actor_id=actor_id)
        db.session.commit()
        return ended

    @classmethod
    def end_all_of(cls, user_id: UUID, reason: events.Ending) -> "list[LoginSession]":
        """Log a person out everywhere. Returns what ended."""
        ended = cls.end_all(reason, of=user_id)
        db.session.commit()
        return ended

    @classmethod
    def end_all(cls, reason: events.Ending, *, of: UUID, but: UUID | None = None) -> "list[LoginSession]":
        """End a person's sessions, in the caller's transaction. Returns those that ended."""
        return cls._end(reason, cls.user_id == of, cls.id != (but or UUID(int=0)))

    @classmethod
    def _counts(cls) -> list[ColumnExpressionArgument[bool]]:
        return [cls.ended_at.is_(None), cls.expires_at > clock.now(), User.is_active]

    @classmethod
    def _end(
        cls, reason: events.Ending, *which: object, actor_id: UUID | None = None
    ) -> "list[LoginSession]":
        statement = update(cls).where(cls.ended_at.is_(None), *which).values(ended_at=clock.now())  # type: ignore[arg-type]
        ended = list(db.session.scalars(statement.returning(cls)).unique().all())
        told = [events.SessionEnded(session_id=one.id, user_id=one.user_id, reason=reason) for one in ended]
        record(*told, actor_id=actor_id)
        return ended


def find_people(part: str, *, after: UUID | None, limit: int) -> tuple[Sequence[User], UUID | None]:
    """People with this in their username, e-mail address or name, newest first, and where to go on."""
    found = select(User).where(User.is_active).order_by(User.id.desc()).limit(limit + 1)
    if after:
        found = found.where(User.id < after)
    if part:
        found = found.where(contains_folded(User.search_text, part))
    people = db.session.scalars(found).all()
    release()
    return people[:limit], people[limit - 1].id if len(people) > limit else None


def _lifetime() -> timedelta:
    return timedelta(seconds=settings.session_lifetime_s)


def _taken(error: IntegrityError) -> Conflict:
    index = getattr(getattr(error.orig, "diag", None), "constraint_name", "") or ""
    field = index.removeprefix("users_")
    return Conflict(f"{field}: is taken", fields={field: ["is taken"]})

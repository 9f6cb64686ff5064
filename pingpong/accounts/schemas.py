"""What comes in and goes out: a person as others see them, and what people fill in."""

import re
import unicodedata
from typing import Annotated, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from pingpong.accounts import passwords
from pingpong.accounts.models import LONGEST_EMAIL, LONGEST_NAME, User
from pingpong.openapi.models import Body, Query
from pingpong.text import STORABLE, PlainText

# ASCII only: letters of other alphabets that look alike cannot pass for somebody else's name.
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
INSIDE_NAMES = set("'\u2019 -")
FEWEST_LETTERS = 2


def _email(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
    return (found.ascii_email or found.normalized).lower()


def _username(text: str) -> str:
    if "@" in text:
        return _email(text)
    if not USERNAME.fullmatch(text):
        raise ValueError("must consist of letters a to z, digits and . _ + -, or be your e-mail address")
    return text


def _name(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    letters = [character for character in text if character.isalpha()]
    is_framed = text[:1].isalpha() and text[-1:] not in INSIDE_NAMES
    if len(letters) < FEWEST_LETTERS or not is_framed or not all(map(_may_be_in_names, text)):
        raise ValueError("must have at least 2 letters, with spaces, hyphens and apostrophes only inside")
    return text


def _may_be_in_names(character: str) -> bool:
    is_mark = unicodedata.category(character).startswith("M")
    return character.isalpha() or is_mark or character in INSIDE_NAMES


def _uncommon(password: str) -> str:
    if passwords.is_common(password):
        raise ValueError("is one of the passwords that are tried first")
    return password


ADDRESS = "ada@example.com"
TOKEN = "eyJhbGciOi…"  # noqa: S105 - an example
EXAMPLE: JsonDict = {
    "id": "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55",
    "username": "ada",
    "email": ADDRESS,
    "name": "Ada Lovelace",
}

Stripped = StringConstraints(strip_whitespace=True)
Email = Annotated[str, Stripped, Field(max_length=LONGEST_EMAIL, examples=[ADDRESS]), AfterValidator(_email)]
Username = Annotated[str, Stripped, Field(min_length=1, max_length=LONGEST_EMAIL), AfterValidator(_username)]
Name = Annotated[str, Stripped, Field(max_length=LONGEST_NAME), AfterValidator(_name)]
NewPassword = Annotated[
    str,
    Field(min_length=passwords.SHORTEST, max_length=passwords.LONGEST, examples=["battery staple"]),
    STORABLE,
    AfterValidator(_uncommon),
]
Password = Annotated[str, Field(max_length=passwords.LONGEST, examples=["correct horse"]), STORABLE]
Token = Annotated[str, Field(examples=[TOKEN])]
SearchText = Annotated[str, Stripped, Field(max_length=200), STORABLE]


class Person(BaseModel):
    """A person, as shown to everybody who is logged in."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": EXAMPLE})

    id: UUID
    username: str
    email: str
    name: str


class Registration(Body):
    """A new account. `name` may come in two parts."""

    email: Email
    password: NewPassword
    password_confirm: str | None = None
    username: Username | None = None
    name: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None

    @field_validator("password_confirm")
    @classmethod
    def _is_the_same(cls, again: str | None, given: ValidationInfo) -> str | None:
        if again is not None and again != given.data.get("password", again):
            raise ValueError("must be the same as password")
        return again

    @field_validator("username")
    @classmethod
    def _is_nobody_elses(cls, username: str | None, given: ValidationInfo) -> str | None:
        if username and "@" in username and username != given.data.get("email", username):
            raise ValueError("must not be another e-mail address than your own")
        return username

    def register(self, *, by_themselves: bool) -> User:
        """Make the account. Raises Conflict when the e-mail address or the username is taken."""
        parts = [part for part in (self.first_name, self.last_name) if part]
        return User.register(
            email=self.email,
            password=self.password,
            username=self.username or "",
            name=self.name or " ".join(parts),
            by_themselves=by_themselves,
        )


class Credentials(Body):
    """Who wants to log in: by username or e-mail address."""

    username: PlainText | None = Field(None, max_length=LONGEST_EMAIL)
    email: PlainText | None = Field(None, max_length=LONGEST_EMAIL, examples=[ADDRESS])
    password: Password

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.login:
            raise ValueError("must have username or email")
        return self

    @property
    def login(self) -> str:
        """Whichever was given."""
        return (self.username or self.email or "").strip()


class LoggedIn(BaseModel):
    """What a login brings, beside the session cookie."""

    access: str
    refresh: str
    user: Person
    csrf_token: str

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"access": TOKEN, "refresh": TOKEN, "user": EXAMPLE, "csrf_token": "IjA5N…"}
        }
    )


class RefreshToken(Body):
    """A refresh token."""

    refresh: Token


class SessionEnd(Body):
    """Which session ends: that of a refresh token, or that of the request."""

    refresh: Token | None = None


class AccessToken(BaseModel):
    """A new access token."""

    access: str

    model_config = ConfigDict(json_schema_extra={"example": {"access": TOKEN}})


class PasswordChange(Body):
    """The password of today, and that of tomorrow."""

    old_password: Password
    new_password: NewPassword


class Ticket(BaseModel):
    """Opens one stream or socket."""

    ticket: str

    model_config = ConfigDict(json_schema_extra={"example": {"ticket": "Zk3…"}})


class Message(BaseModel):
    """What was done, in words."""

    message: str

    model_config = ConfigDict(json_schema_extra={"example": {"message": "Logged out."}})


class ProfileChange(Body):
    """What of one's profile is to change; the rest stays."""

    email: Email | None = None
    username: Username | None = None
    name: Name | None = None

    @property
    def changes(self) -> dict[str, str]:
        """What was sent."""
        given: dict[str, str] = self.model_dump(exclude_none=True)
        return given


class PeopleQuery(Query):
    """Whom to look for."""

    q: SearchText = ""
    """A part of the username, the e-mail address or the name, in any case."""
    after: UUID | None = None
    limit: int = Field(25, ge=1, le=100)


class People(BaseModel):
    """Some people, and where to go on."""

    items: list[Person]
    next: UUID | None

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE], "next": None}})

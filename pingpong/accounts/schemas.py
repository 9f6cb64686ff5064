"""What comes in and goes out: a person as others see them, and what people fill in."""

import unicodedata
from typing import Annotated, Self
from uuid import UUID

import regex
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

from pingpong.accounts import passwords
from pingpong.accounts.models import LONGEST_EMAIL, LONGEST_NAME, User

# ASCII only: letters of other alphabets that look alike cannot pass for somebody else's name.
USERNAME = regex.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
NAME = regex.compile(r"\p{L}[\p{L}\p{M}'\u2019 -]*[\p{L}\p{M}]")
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
    if not NAME.fullmatch(text) or len(regex.findall(r"\p{L}", text)) < FEWEST_LETTERS:
        raise ValueError("must have at least 2 letters, with spaces, hyphens and apostrophes only inside")
    return text


def _uncommon(password: str) -> str:
    if passwords.is_common(password):
        raise ValueError("is one of the passwords that are tried first")
    if "\0" in password:
        raise ValueError("must not contain the NUL character")
    return password


Stripped = StringConstraints(strip_whitespace=True)
Email = Annotated[str, Stripped, Field(max_length=LONGEST_EMAIL), AfterValidator(_email)]
Username = Annotated[str, Stripped, Field(min_length=1, max_length=LONGEST_EMAIL), AfterValidator(_username)]
Name = Annotated[str, Stripped, Field(max_length=LONGEST_NAME), AfterValidator(_name)]
NewPassword = Annotated[
    str, Field(min_length=passwords.SHORTEST, max_length=passwords.LONGEST), AfterValidator(_uncommon)
]
Password = Annotated[str, Field(max_length=passwords.LONGEST)]


class Person(BaseModel):
    """A person as everybody may see them who is logged in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    email: str
    name: str


class Registration(BaseModel):
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

    def register(self) -> User:
        """Make the account. Raises Conflict when the e-mail address or the username is taken."""
        parts = [part for part in (self.first_name, self.last_name) if part]
        return User.register(
            email=self.email,
            password=self.password,
            username=self.username or "",
            name=self.name or " ".join(parts),
        )


class Credentials(BaseModel):
    """Who wants to log in: by username or e-mail address."""

    username: str | None = Field(None, max_length=LONGEST_EMAIL)
    email: str | None = Field(None, max_length=LONGEST_EMAIL)
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


class PasswordChange(BaseModel):
    """The password of today, and that of tomorrow."""

    old_password: Password
    new_password: NewPassword


class ProfileChange(BaseModel):
    """What of one's profile is to change; the rest stays."""

    email: Email | None = None
    username: Username | None = None
    name: Name | None = None

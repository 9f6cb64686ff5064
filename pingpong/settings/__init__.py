"""Every setting of pingpong: its name in the environment, type, default and meaning.

Nothing else reads the environment. Values come from environment variables and from a `.env` file beside
the Procfile; the environment wins.
"""

from typing import Any

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pingpong.settings.access import AccessSettings
from pingpong.settings.events import EventSettings
from pingpong.settings.live import LiveSettings
from pingpong.settings.observing import ObservingSettings
from pingpong.settings.storage import StorageSettings
from pingpong.settings.submissions import SubmissionSettings
from pingpong.settings.web import DEVELOPMENT_SECRET_KEY, Environment, WebSettings
from pingpong.settings.work import WorkSettings

SHORTEST_SECRET_KEY = 32


class Settings(  # the last of them come first
    ObservingSettings,
    WorkSettings,
    EventSettings,
    SubmissionSettings,
    LiveSettings,
    AccessSettings,
    StorageSettings,
    WebSettings,
    BaseSettings,
):
    """The settings of one process, checked when it starts."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    @property
    def is_production(self) -> bool:
        """Whether what is only convenient is refused."""
        return self.env is Environment.PRODUCTION

    @property
    def libpq_url(self) -> str:
        """`database_url` for psycopg itself, which does not know SQLAlchemy's name of it."""
        return self.database_url.replace("postgresql+psycopg:", "postgresql:", 1)

    @model_validator(mode="after")
    def _production_needs_a_secret(self) -> "Settings":
        if self.is_production and self.secret_key == DEVELOPMENT_SECRET_KEY:
            raise ValueError("SECRET_KEY: must be set in production")
        if self.is_production and (
            len(self.secret_key) < SHORTEST_SECRET_KEY or len(set(self.secret_key)) < SHORTEST_SECRET_KEY // 4
        ):
            raise ValueError(f"SECRET_KEY: must have at least {SHORTEST_SECRET_KEY} random characters")
        return self

    @model_validator(mode="after")
    def _production_trusts_no_files(self) -> "Settings":
        if self.is_production and "null" in self.cors_origins:
            raise ValueError("CORS_ORIGINS: null is for development; in production it is anybody")
        return self


class SettingsError(SystemExit):
    """The environment holds a bad value. Ends the process with one line per variable."""


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - whatever the setting's type is
    """Read and check the environment; `overrides` win over it.

    Raises SettingsError, whose text names each bad variable on a line of its own.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None


def _lines(error: ValidationError) -> list[str]:
    return [_line(problem["loc"], problem["msg"]) for problem in error.errors()]


def _line(location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    return f"{str(location[0]).upper()}: {message[0].lower()}{message[1:]}"

"""Where this process runs, and how it is reached."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, Field

DEVELOPMENT_SECRET_KEY = "development-only-and-refused-in-production"  # noqa: S105 - refused where it matters


class Environment(StrEnum):
    """Where this process runs; production refuses what is only convenient."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class WebSettings(BaseModel):
    """Where this process runs, and how it is reached."""

    env: Environment = Field(
        Environment.DEVELOPMENT,
        alias="PINGPONG_ENV",
        description="Production refuses what is only convenient.",
    )
    secret_key: str = Field(DEVELOPMENT_SECRET_KEY, description="Signs cookies; at least 32 characters.")
    port: int = Field(8000, ge=1, le=65535, description="Where the web process listens.")
    trusted_proxies: int = Field(
        0, ge=0, description="How many proxies in front set X-Forwarded-*; 0 believes none."
    )
    web_concurrency: int = Field(1, ge=1, description="How many web processes gunicorn runs.")
    data_folder: Path = Field(
        Path("var"), alias="PINGPONG_DATA", description="Where `make run` keeps the embedded servers' data."
    )
    max_body_bytes: int = Field(1024 * 1024, gt=0, description="A larger request body is answered 413.")

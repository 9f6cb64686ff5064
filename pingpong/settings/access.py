"""Who may do how much, and for how long."""

from pydantic import BaseModel, Field

from pingpong.settings.types import Origins, RateLimit


class AccessSettings(BaseModel):
    """Who may do how much, and for how long."""

    session_lifetime_s: int = Field(
        14 * 24 * 3600, gt=0, description="A login, its cookie and its refresh token end after this."
    )
    access_token_lifetime_s: int = Field(
        15 * 60, gt=0, description="An access token, and the sockets it opened, end after this."
    )
    ticket_lifetime_s: int = Field(30, gt=0, description="A ticket for a stream or socket is good for this.")
    user_rate_limit: RateLimit = Field("100/minute", description="Requests of a person to the API.")
    anonymous_rate_limit: RateLimit = Field(
        "20/minute", description="Requests to the API from an address, of nobody in particular."
    )
    submit_rate_limit: RateLimit = Field("120/minute", description="Messages from an address.")
    login_rate_limit: RateLimit = Field(
        "5/minute", description="Wrong passwords for an account from an address."
    )
    login_address_rate_limit: RateLimit = Field("50/minute", description="Wrong passwords from an address.")
    cors_origins: Origins = Field(
        (), description="Origins of other front ends, with commas between; `null` is a file."
    )

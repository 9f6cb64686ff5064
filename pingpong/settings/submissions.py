"""The third party, and how it is treated."""

from pydantic import BaseModel, Field

from pingpong.settings.types import MOST_DEPENDENCIES, MOST_ENTITIES, BaseUrl, EntityTypes, Seconds, Token


class SubmissionSettings(BaseModel):
    """The third party, and how it is treated."""

    dsp_api_url: BaseUrl = Field(
        "", description="The third party's API; without one nothing is sent. `make run` brings a sandbox."
    )
    dsp_api_token: Token = Field("", description="Sent to it as a bearer token, and kept nowhere.")
    dsp_entity_types: EntityTypes = Field(
        ("campaign", "line_item", "ad_group", "audience", "ad", "creative"),
        min_length=1,
        description="What it takes, with commas between.",
    )
    dsp_rate_limit: int = Field(
        40, ge=1, description="Requests that it allows within the next setting's time."
    )
    dsp_rate_window_s: Seconds = Field(60, description="A window that slides, by the receiver's clock.")
    dsp_timeout_s: Seconds = Field(15, description="An answer that takes longer counts as lost.")
    dsp_max_attempts: int = Field(5, ge=1, description="Attempts at a request before its entity fails.")
    dsp_backoff_base_s: Seconds = Field(
        2, description="The first backoff is a random part of this; each further one of twice as much."
    )
    dsp_backoff_cap_s: Seconds = Field(200, description="But never of more than this.")
    dsp_poll_first_s: Seconds = Field(
        5, description="When the status is asked for; then twice as late each time."
    )
    dsp_poll_cap_s: Seconds = Field(60, description="But never later than this after the last time.")
    dsp_retry_after_cap_s: Seconds = Field(3600, description="A longer Retry-After is believed up to this.")
    dsp_breaker_failures: int = Field(5, ge=1, description="Failures in a row that open the circuit breaker.")
    dsp_probe_every_s: Seconds = Field(30, description="Then one request is tried this often.")
    dsp_pick_every_s: Seconds = Field(1, description="How often it is looked for what is due.")
    dsp_max_entities: int = Field(
        10_000, ge=1, le=MOST_ENTITIES, description="Entities that one request may create."
    )
    dsp_max_upload_bytes: int = Field(
        16 * 1024 * 1024, gt=0, description="The body of such a request; a larger one is answered 413."
    )
    dsp_max_payload_bytes: int = Field(64 * 1024, gt=0, description="One entity's payload, as JSON.")
    dsp_max_dependencies: int = Field(
        100, ge=1, le=MOST_DEPENDENCIES, description="What one entity may depend on, directly."
    )
    dsp_max_edges: int = Field(50_000, ge=1, description="Dependencies in all that one request may create.")
    dsp_audit_max_bytes: int = Field(
        64 * 1024, gt=0, description="Of each request and answer the audit keeps this much."
    )
    dsp_max_answer_bytes: int = Field(
        1024 * 1024, gt=0, description="More of an answer is not read, and it counts as wrong."
    )

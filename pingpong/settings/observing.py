"""Logs, metrics, error reports, traces and probes."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from pingpong.settings.types import BaseUrl, Dsn, Headers, OwnPort, Part, Seconds, Token


class ObservingSettings(BaseModel):
    """Logs, metrics, error reports, traces and probes."""

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_file: Path | None = Field(
        None, description="A file for the log beside standard output, always as JSON; processes may share it."
    )
    log_file_max_bytes: int = Field(
        10 * 1024 * 1024, ge=1024, description="A log file of this size is renamed, and a new one begun."
    )
    log_file_backups: int = Field(5, ge=1, description="How many of the renamed ones are kept.")
    metrics_token: Token = Field("", description="The bearer token that `/metrics` wants.")
    metrics_port: OwnPort = Field(
        0, description="A port of its own for `/metrics`, and for nothing else; 0 is none."
    )
    check_timeout_s: Seconds = Field(1, description="Each part of /readyz answers within this or is down.")
    beat_late_after_s: Seconds = Field(15, description="/readyz calls a beat older than this late.")
    release: str = Field("", description="What runs here, for error reports and traces: `1.4.2`, a commit.")
    sentry_dsn: Dsn = Field("", description="Where errors are reported; without one, nowhere.")
    sentry_traces_sample_rate: Part = Field(0, description="The part of requests and jobs that Sentry times.")
    otel_exporter_otlp_endpoint: BaseUrl = Field("", description="Where traces go, by OTLP over HTTP.")
    otel_exporter_otlp_headers: Headers = Field("", description="Sent with them: `name=value`, with commas.")
    otel_traces_sampler_arg: Part = Field(1, description="The part of new traces that is kept.")

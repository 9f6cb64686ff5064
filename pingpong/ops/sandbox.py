"""The stand-in for the third party that `make run` brings: `python -m pingpong.dsp.sandbox`."""

import socket

from pingpong.settings import Settings

HOST = "127.0.0.1"


def needs_sandbox(settings: Settings) -> bool:
    """Whether there is no DSP to send to, and something that only pretends to be one will do."""
    return not settings.dsp_api_url and not settings.is_production


class Sandbox:
    """A process beside those of the Procfile, on a port that is free now, with the limit that we keep to."""

    name = "dsp-sandbox"

    def __init__(self, settings: Settings) -> None:
        port = _free_port()
        limit, window_s = settings.dsp_rate_limit, settings.dsp_rate_window_s
        self.url = f"http://{HOST}:{port}"
        self.command = (
            f"python -m pingpong.dsp.sandbox --host {HOST} --port {port} --limit {limit} --window {window_s}"
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port

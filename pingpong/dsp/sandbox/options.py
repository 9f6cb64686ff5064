"""How the sandbox is started."""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pingpong.dsp.sandbox.switch import Mode

LARGEST_PORT = 65535
SHORTEST_WINDOW_S = 0.001
EXIT_CODES = "Exit codes: 0 after SIGTERM or SIGINT, 1 if it cannot listen, 2 for a bad option."


@dataclass(frozen=True)
class Options:
    """What the command line says; the defaults are those of the real platform."""

    host: str = "127.0.0.1"
    port: int = 8900
    """0 takes a free one."""
    limit: int = 40
    """Requests that are let in within any `window_s` seconds."""
    window_s: float = 60
    latency_min_s: float = 0.05
    latency_max_s: float = 0.4
    processing_s: float = 3
    """An entity is pending for between half of this and all of it."""
    mode: Mode = Mode.OK


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line. Ends the process with 2 if something on it makes no sense."""
    parser = _parser()
    options = Options(**vars(parser.parse_args(arguments)))
    if options.latency_min_s > options.latency_max_s:
        parser.error("--latency-min is more than --latency-max")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pingpong.dsp.sandbox",
        description="A stand-in for the demand-side platform, in memory.",
        epilog=EXIT_CODES,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    default = Options()
    seconds, window = _between(float, 0), _between(float, SHORTEST_WINDOW_S)
    add = parser.add_argument
    add("--host", default=default.host, help="the address to listen on")
    add("--port", default=default.port, type=_between(int, 0, LARGEST_PORT), help="0 takes a free one")
    add("--limit", default=default.limit, type=_between(int, 1), help="requests let in within a window")
    add("--window", dest="window_s", default=default.window_s, type=window, help="its seconds")
    add("--latency-min", dest="latency_min_s", default=default.latency_min_s, type=seconds, help="s")
    add("--latency-max", dest="latency_max_s", default=default.latency_max_s, type=seconds, help="s")
    add("--processing-s", default=default.processing_s, type=seconds, help="until success, at most")
    add("--mode", default=default.mode, type=Mode, choices=[*Mode], help="what goes wrong from the start")
    return parser


def _between(number: Callable[[str], float], least: float, most: float = math.inf) -> Callable[[str], float]:
    """Return a type for argparse: a number that is at least and at most this."""

    def checked(text: str) -> float:
        value = number(text)
        if not least <= value <= most or value == math.inf:
            raise ValueError(text)
        return value

    checked.__name__ = "number"  # argparse says "invalid number value"
    return checked

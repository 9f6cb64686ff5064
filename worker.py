"""The worker process. `python worker.py io`: jobs that wait; `python worker.py cpu`: jobs that compute."""

import sys

if "cpu" not in sys.argv[1:]:  # that one forks; the other is patched before anything else is imported
    from gevent import monkey

    monkey.patch_all()

import argparse

from pingpong import create_app
from pingpong.logs import configure_logging
from pingpong.ops import cruncher, io_worker
from pingpong.settings import load_settings
from pingpong.telemetry import end_telemetry, init_reports, init_traces
from pingpong.waiting import wait_for_database

MODES = {"io": ("worker", io_worker.work), "cpu": ("cruncher", cruncher.work)}


def main() -> None:
    """Work until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "mode",
        choices=MODES,
        nargs="?",
        default="io",
        help="io: many waiting jobs at once; cpu: each job in a process of its own, one to a core",
    )
    name, work = MODES[parser.parse_args().mode]
    settings = load_settings()
    configure_logging(settings, name)
    init_reports(settings, name)
    app = create_app(settings)
    init_traces(settings, name)
    wait_for_database(app)
    work(app)
    end_telemetry()


if __name__ == "__main__":
    main()

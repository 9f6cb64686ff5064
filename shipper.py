"""The shipper process: sends events to ClickHouse, and removes from Postgres what was sent long ago."""

from flask import Flask

from pingpong.extensions import init_extensions
from pingpong.logs import configure_logging
from pingpong.logs.strays import logged_end
from pingpong.ops.shipper import ship
from pingpong.ops.waiting import wait_for_database
from pingpong.settings import load_settings
from pingpong.telemetry import end_telemetry, init_telemetry


def main() -> None:
    """Ship until told to stop. Any number may run, but only one at a time on a `chdb:` folder."""
    settings = load_settings()
    configure_logging(settings, "shipper")
    app = Flask("shipper")  # the extensions only: the features are not needed here, nor their memory
    init_extensions(app, settings)
    init_telemetry(settings, "shipper", has_traces=False)
    wait_for_database(app)
    ship(app, settings)
    end_telemetry()


if __name__ == "__main__":
    with logged_end():
        main()

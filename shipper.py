"""The shipper process: sends events to ClickHouse, and removes from Postgres what was sent long ago."""

from flask import Flask

from pingpong.eventlog.process import ship
from pingpong.extensions import init_extensions
from pingpong.logs import configure_logging
from pingpong.metrics.telling import Teller, over_and_over
from pingpong.settings import load_settings
from pingpong.telemetry import end_telemetry, init_reports
from pingpong.waiting import wait_for_database


def main() -> None:
    """Ship until told to stop. Any number may run, but only one at a time on a `chdb:` folder."""
    settings = load_settings()
    configure_logging(settings, "shipper")
    init_reports(settings, "shipper")
    app = Flask("shipper")  # the extensions only: the features are not needed here, nor their memory
    init_extensions(app, settings)
    wait_for_database(app)
    teller = Teller(app.extensions["redis"], "shipper")
    over_and_over(teller.try_once)
    ship(app, settings)
    teller.tell_all()
    end_telemetry()


if __name__ == "__main__":
    main()

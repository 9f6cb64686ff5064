"""The shipper process: sends events to ClickHouse, and removes from Postgres what was sent long ago."""

from flask import Flask

from pingpong.extensions import init_extensions
from pingpong.logs import configure_logging
from pingpong.ops.shipper import ship
from pingpong.ops.waiting import wait_for_database
from pingpong.settings import load_settings


def main() -> None:
    """Ship until told to stop. Any number may run, but only one at a time on a `chdb:` folder."""
    settings = load_settings()
    configure_logging(settings, "shipper")
    app = Flask("shipper")  # the extensions only: the features are not needed here, nor their memory
    init_extensions(app, settings)
    wait_for_database(app)
    ship(app, settings)


if __name__ == "__main__":
    main()

"""The clock process: has every feature's periodic jobs enqueued on time. Two may run; one leads."""

from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection

from pingpong.logs import configure_logging
from pingpong.logs.strays import logged_end
from pingpong.metrics.telling import Teller, over_and_over
from pingpong.queue.beat import Beat
from pingpong.queue.schedule import Schedule
from pingpong.redis_client import connect
from pingpong.settings import Settings, load_settings
from pingpong.telemetry import end_telemetry, init_reports


def main() -> None:
    """Beat until told to stop."""
    settings = load_settings()
    configure_logging(settings, "scheduler")
    init_reports(settings, "scheduler")
    schedules = declared(settings)
    connection = connect(settings)
    teller = Teller(connection, "scheduler")
    over_and_over(teller.try_once)
    Beat(schedules, connection=connection, lease_s=settings.scheduler_lease_s).run()
    teller.tell_all()
    end_telemetry()


def declared(settings: Settings) -> list[Schedule]:
    """The periodic jobs of all features.

    Asked in a child that ends: the features load the whole app, 40 MB that this process does not need.
    Raises SystemExit if it breaks, which has told why.
    """
    schedules, mouth = Pipe(duplex=False)
    child = get_context("fork").Process(target=_tell_schedules, args=[mouth, settings])
    child.start()
    mouth.close()
    try:
        told: list[Schedule] = schedules.recv()
    except EOFError:
        raise SystemExit(1) from None
    child.join()
    return told


def _tell_schedules(mouth: Connection, settings: Settings) -> None:
    try:
        with logged_end():
            from pingpong.app import all_schedules  # noqa: PLC0415 - not in the parent

            mouth.send(all_schedules(settings))
    finally:
        end_telemetry()


if __name__ == "__main__":
    main()

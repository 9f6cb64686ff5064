"""The clock process: has every feature's periodic jobs enqueued on time. Two may run; one leads."""

from pingpong import all_schedules
from pingpong.logs import configure_logging
from pingpong.queue.beat import Beat
from pingpong.redis_client import connect
from pingpong.settings import load_settings


def main() -> None:
    """Beat until told to stop."""
    settings = load_settings()
    configure_logging(settings, "scheduler")
    Beat(all_schedules(settings), connection=connect(settings), lease_s=settings.scheduler_lease_s).run()


if __name__ == "__main__":
    main()

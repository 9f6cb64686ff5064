"""A scheduler process: `python -m tests.queue.beat_process <redis url> <schedules> <options>`.

Schedules and options are JSON; options are those of Beat, and "burst" that of its `run()`.
"""

import json
import logging
import sys

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pingpong.queue.beat import Beat
from pingpong.queue.schedule import Schedule


def main(redis_url: str, schedules: str, options: str = "{}") -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = json.loads(options)
    burst = settings.pop("burst", False)
    connection = Redis.from_url(redis_url, retry=Retry(NoBackoff(), 1))
    declared = [Schedule(**schedule) for schedule in json.loads(schedules)]
    Beat(declared, connection=connection, **settings).run(burst)


if __name__ == "__main__":
    main(*sys.argv[1:])

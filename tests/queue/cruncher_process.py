"""A cruncher process: `python -m tests.queue.cruncher_process <redis url> <queue> <options as JSON>`.

Options are those of Cruncher, and under "start" those of its `start()`.
"""

import json
import logging
import sys

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pingpong.queue.cruncher import Cruncher


def main(redis_url: str, queue: str, options: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    def connect() -> Redis:
        return Redis.from_url(redis_url, retry=Retry(NoBackoff(), 1))

    settings = json.loads(options)
    start_options = settings.pop("start", {})
    Cruncher(queue, connect, **settings).start(**start_options)


if __name__ == "__main__":
    main(*sys.argv[1:])

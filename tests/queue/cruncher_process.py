"""A cruncher process: `python -m tests.queue.cruncher_process <redis url> <queues> <options as JSON>`.

Options are those of Cruncher.
"""

import json
import logging
import sys

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pingpong.queue.cruncher import Cruncher


def main(redis_url: str, queues: str, options: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    def connect() -> Redis:
        return Redis.from_url(redis_url, retry=Retry(NoBackoff(), 1))

    Cruncher(queues.split(","), connect, **json.loads(options)).start()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""`python -m benchmarks.greenlet_worker URL QUEUE CONCURRENCY`: our worker as docs/worker.md starts it."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402 - gevent patches first

from redis import BlockingConnectionPool, Redis  # noqa: E402

from pingpong.queue.worker import GreenletWorker  # noqa: E402

SPARE_CONNECTIONS = 20


def main() -> None:
    """Work until told to stop."""
    url, queue, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # A job that finds no connection free must wait for one; in redis-py's ordinary pool of 100 it would fail.
    pool = BlockingConnectionPool.from_url(url, max_connections=concurrency + SPARE_CONNECTIONS)
    GreenletWorker([queue], connection=Redis(connection_pool=pool), concurrency=concurrency).work()


if __name__ == "__main__":
    main()

"""A worker plays the scenes: `python -m tests.queue.scene_worker <redis url> <greenlet or rq>`.

Each in a database of its own; what all of them leave is then in database 0, pickled.
"""

import pickle
import sys

if sys.argv[2] == "greenlet":
    from gevent import monkey

    monkey.patch_all()

from redis import Redis
from rq import Queue, SimpleWorker

from pingpong.queue.worker import GreenletWorker
from tests.queue.scenes import PLAYED, SCENES, Scene
from tests.queue.traces import Trace, traces

WORKERS = {"rq": SimpleWorker, "greenlet": GreenletWorker}


def main(url: str, worker_class: str) -> None:
    connections = [Redis.from_url(url, db=number) for number in range(1, len(SCENES) + 1)]
    play = {
        name: _play(connection, enqueue, WORKERS[worker_class])
        for connection, (name, enqueue) in zip(connections, SCENES.items(), strict=True)
    }
    Redis.from_url(url).set(PLAYED, pickle.dumps(play))


def _play(connection: Redis, enqueue: Scene, worker_class: type[SimpleWorker]) -> dict[str, Trace]:
    enqueue(Queue("work", connection=connection))
    worker = worker_class(["work", "other"], name="worker", connection=connection)
    worker.work(burst=True, logging_level="CRITICAL")
    return traces(connection)


if __name__ == "__main__":
    main(*sys.argv[1:])

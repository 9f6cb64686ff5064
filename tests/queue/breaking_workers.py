"""Workers that break: `python -m tests.queue.breaking_workers <redis url> <what breaks> <moment>`.

Each has a Redis database of its own, with the same jobs on two queues: the first worker breaks at its first
command, the second at its second, and so on, until some do all the jobs without breaking. What breaks is said
in wire.py: "kill" kills the worker, a process of its own, and then another one takes over in its database;
"cut" cuts its connection, and it goes on.
"""

from gevent import monkey

monkey.patch_all()

import logging  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from itertools import count  # noqa: E402

import gevent  # noqa: E402
from redis import Redis  # noqa: E402

from pingpong.queue.worker import GreenletWorker  # noqa: E402
from tests.queue.wire import Wire  # noqa: E402
from tests.queue.workload import BROKEN, QUEUES, RUNS, are_done, enqueue  # noqa: E402

QUICK = {"heartbeat_s": 0.3, "dead_after_s": 1.0}
BEATS_ONCE = {**QUICK, "heartbeat_s": 60}
"""For workers that soon die: more beats would only be more commands at which to die."""
AT_ONCE = 10

IsTooLate = Callable[[], bool]
"""Waits until a worker has broken or had no reason to; the latter is too late."""


def main(url: str, what: str, moment: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    begin = {"kill": begin_one_to_be_killed, "cut": begin_one_to_be_cut}[what]
    broken = break_at_each_command(url, lambda number: begin(Wire(url, number, number, what, moment)))
    if what == "kill":
        for number in range(1, broken + 1):
            begin_one(Redis.from_url(url, db=number))
    Redis.from_url(url).set(BROKEN, broken)
    gevent.get_hub().join()


def break_at_each_command(url: str, begin: Callable[[int], IsTooLate]) -> int:
    """Returns how many workers it took."""
    for first in count(1, AT_ONCE):
        numbers = range(first, first + AT_ONCE)
        for number in numbers:
            enqueue(Redis.from_url(url, db=number))
        begun = [begin(number) for number in numbers]
        if sum(is_too_late() for is_too_late in begun) == AT_ONCE:
            return numbers[-1]
    raise AssertionError


def begin_one_to_be_killed(wire: Wire) -> IsTooLate:
    child: int = os.fork()
    if not child:
        GreenletWorker(QUEUES, connection=wire.client, **BEATS_ONCE).work(max_jobs=RUNS)
        os._exit(0)

    def is_too_late() -> bool:
        os.waitpid(child, 0)
        return are_done(wire.undisturbed)

    return is_too_late


def begin_one_to_be_cut(wire: Wire) -> IsTooLate:
    begin_one(wire.client)

    def is_too_late() -> bool:
        while not wire.is_broken and not are_done(wire.undisturbed):
            time.sleep(0.02)
        return not wire.is_broken

    return is_too_late


def begin_one(connection: Redis) -> None:
    gevent.spawn(GreenletWorker(QUEUES, connection=connection, **QUICK).work)


if __name__ == "__main__":
    main(*sys.argv[1:])

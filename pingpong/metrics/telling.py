"""Telling Redis what was counted here: it adds up what all processes of the cluster tell.

Each batch is added once, though an answer of Redis was lost and it is told again.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from pingpong.metrics.counters import PROCESSES
from pingpong.metrics.metric import Reading
from pingpong.metrics.tally import Batch, tally

log = structlog.get_logger(__name__)

TOTALS_KEY = "pingpong:metrics:totals"
"""A hash: what a number is called, and how much it is by now."""
PROCESSES_KEY = "pingpong:metrics:processes"
"""A hash: of each process when it last told something, by Redis' clock, which batch, and how it stands."""
LIFE_S = 7 * 24 * 3600
TELL_EVERY_S = 1.0
GONE_AFTER_S = 15
"""A process that has told nothing for so long counts as gone."""

TELL = """
-- KEYS: 1 totals, 2 processes
-- ARGV: 1 process (empty: one that tells but once), 2 number of the batch, 3 how it stands, 4 life of KEYS in
--       s, and then of each number what it is called and by how much it has grown
-- Adds a batch that has not been added yet.
local told = ARGV[1] ~= '' and redis.call('HGET', KEYS[2], ARGV[1])
if ARGV[1] ~= '' then
  local seconds = redis.call('TIME')[1]
  redis.call('HSET', KEYS[2], ARGV[1], seconds .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
  redis.call('EXPIRE', KEYS[2], ARGV[4])
end
if told and string.match(told, '^%d+ (%d+) ') == ARGV[2] then return end
for at = 5, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[at], ARGV[at + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
"""

Levels = Callable[[], Iterable[Reading]]


class Teller:
    """Tells what this process has counted, and how it stands.

    While Redis is away it keeps what it could not tell, which is one number a series.
    """

    def __init__(self, redis: Redis, role: str, levels: Levels = lambda: ()) -> None:
        """`role` is what the process is: `web`, `worker`, `cruncher`, `cruncher_worker`, …"""
        self._redis = redis
        self._role = role
        self._levels = levels
        self._is_away = False

    def run_once(self) -> None:
        """Tell what there is. Raises redis' errors; what was not told is told the next time."""
        batch = tally.next_batch()
        standing = [PROCESSES.at(1, role=self._role), *self._levels()]
        levels = json.dumps([[one.name, one.values, one.value] for one in standing])
        _tell(self._redis, batch, batch.process, levels)
        tally.confirm(batch)

    def try_once(self) -> None:
        """Tell what there is, if Redis is there."""
        try:
            self.run_once()
        except (RedisError, OSError) as error:
            if not self._is_away:
                log.warning("metrics_not_told", error=str(error))
            self._is_away = True
        else:
            self._is_away = False

    def tell_all(self) -> None:
        """Tell everything, if Redis is there, at the end of a process."""
        self.try_once()
        if not self._is_away:  # it may have been a batch from before, and there is more
            self.try_once()

    def tell_and_end(self) -> None:
        """Tell what there is, if Redis is there, in a process that ends with it and does not stand anyhow."""
        try:
            batch = tally.next_batch()
            _tell(self._redis, batch, "", "")
            tally.confirm(batch)
        except (RedisError, OSError) as error:
            log.warning("metrics_lost", error=str(error))


def over_and_over(*steps: Callable[[], None]) -> None:
    """Take these steps every second from now on, in a thread of their own; not where it is to be forked."""
    threading.Thread(target=_run, args=[steps], name="metrics", daemon=True).start()


def _run(steps: Iterable[Callable[[], None]]) -> None:
    while True:
        time.sleep(TELL_EVERY_S)
        for step in steps:
            try:
                step()
            except Exception:  # the boundary of the thread: nobody here would be counted any more
                log.exception("metrics_broke")


def _tell(redis: Redis, batch: Batch, process: str, levels: str) -> None:
    amounts = (word for amount in batch.amounts.items() for word in amount)
    redis.eval(TELL, 2, TOTALS_KEY, PROCESSES_KEY, process, batch.number, levels, LIFE_S, *amounts)

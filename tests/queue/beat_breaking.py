"""A connection that breaks at one of its commands, and stays broken: as if its process had died."""

from redis import ConnectionError as RedisConnectionError
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Breaking:
    """Breaks at the n-th command (from 1), before Redis gets it or after Redis has done it."""

    def __init__(self, like: Redis, break_at: int, *, after: bool) -> None:
        self.is_broken = False
        self._sent = 0
        self._break_at = break_at
        self._after = after
        pool = like.connection_pool
        options = pool.connection_kwargs | {"retry": Retry(NoBackoff(), 0)}
        self.client = Redis(
            connection_pool=ConnectionPool(self._connection_class(pool.connection_class), **options)
        )

    def _connection_class(breaking, base):  # noqa: N805 - the connections' own `self` is below
        class BreakingConnection(base):
            def send_packed_command(self, *arguments, **options):
                breaking._sent += 1
                breaking._break_if(breaking._sent >= breaking._break_at and not breaking._after)
                return super().send_packed_command(*arguments, **options)

            def read_response(self, *arguments, **options):
                answer = super().read_response(*arguments, **options)
                breaking._break_if(breaking._sent >= breaking._break_at)
                return answer

        return BreakingConnection

    def _break_if(self, is_time: bool) -> None:
        self.is_broken = self.is_broken or is_time
        if self.is_broken:
            raise RedisConnectionError("broken")

"""Who of several schedulers leads, and what time it is: both are Redis' to say."""

import math
import time

from redis import Redis

HOLD = """
-- KEYS: 1 lease
-- ARGV: 1 token of who asks, 2 life of the lease in ms
-- Takes the lease if it is free and renews it if it is one's own.
-- Returns 1 if one has it now, the ms until it may be free, and Redis' time in seconds and microseconds.
local time = redis.call('TIME')
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return {0, redis.call('PTTL', KEYS[1]), time[1], time[2]} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, 0, time[1], time[2]}
"""

RELEASE = """
-- KEYS: 1 lease
-- ARGV: 1 token of who asks
-- Returns 1 if it was one's own and is free now.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisClock:
    """Redis' time, read from this machine's monotonic clock and how far it was off when last compared."""

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def now(self) -> float:
        """Seconds since the Unix epoch. Only after the first `compare`."""
        if self._offset_s is None:
            raise RuntimeError("nobody has asked Redis for the time yet")
        return time.monotonic() + self._offset_s

    def compare(self, redis_time_s: float, asked_at_s: float) -> None:
        """Redis said this between `asked_at_s` (monotonic) and now. What is known is kept within that.

        So a slow answer, which says little, does not spoil what a quick one has said.
        """
        least_s, most_s = redis_time_s - time.monotonic(), redis_time_s - asked_at_s
        known_s = (least_s + most_s) / 2 if self._offset_s is None else self._offset_s
        self._offset_s = min(max(known_s, least_s), most_s)


class Lease:
    """Leadership for `lease_s` seconds at a time. Only its owner, known by a token, renews or releases it."""

    def __init__(self, connection: Redis, key: str, token: str, lease_s: float, clock: RedisClock) -> None:
        self.key = key
        self.token = token
        self.is_held = False
        self.free_in_s = 0.0
        self._lease_ms = math.ceil(lease_s * 1000)
        self._clock = clock
        self._hold = connection.register_script(HOLD)
        self._release = connection.register_script(RELEASE)

    def hold(self) -> bool:
        """Take or renew the lease, and compare clocks. False if another one leads (for `free_in_s` yet)."""
        asked_at_s = time.monotonic()
        is_held, free_in_ms, seconds, microseconds = self._hold(
            keys=[self.key], args=[self.token, self._lease_ms]
        )
        self._clock.compare(int(seconds) + int(microseconds) / 1e6, asked_at_s)
        self.is_held = bool(is_held)
        # Redis says -1 of one that never expires; it was not made by us.
        self.free_in_s = int(free_in_ms) / 1000 if int(free_in_ms) >= 0 else math.inf
        return self.is_held

    def release(self) -> None:
        """Let another one lead at once. Does nothing to someone else's lease."""
        self.is_held = False
        self._release(keys=[self.key], args=[self.token])

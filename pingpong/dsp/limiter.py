"""The rate limit of all that is sent, over all workers and machines: a sliding window in Redis, by its clock.

Leave is given for one request at a time and evenly spread, and counts from that moment. Between leave and
receipt some time passes, which may differ from one request to the next; so the window is a little longer than
the receiver's, and a leave that is not used at once has to be asked for again.

What Redis loses is put back from the audit. A leave that was given before may still be on its way then, so
nothing is put back until it must have been used and noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis

from pingpong.settings import Settings

WINDOW_KEY, STATE_KEY = "pingpong:dsp:window", "pingpong:dsp:limiter"
MARGIN = 1 / 40
"""Of the window: how much longer ours is. Half of it is for a leave to be used, half for the way."""

ASK = """
-- KEYS: 1 the window: when leave was given (a sorted set), 2 the state (a hash)
-- ARGV: 1 limit, 2 the window in ms, 3 ms between two leaves, 4 now in ms or '' for Redis' own clock,
--       5 'ask', or 'peek' to be told only
-- Returns what it is ('leave', 'wait' or 'lost'), and how many ms there are to wait.
local function clock()
  if ARGV[4] ~= '' then return tonumber(ARGV[4]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
local limit, window, between, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), clock()
local state = redis.call('HMGET', KEYS[2], 'known', 'next', 'stopped_until')
local newest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
-- A clock that was set back makes the window worthless.
if not state[1] or (newest[2] and tonumber(newest[2]) > now + between) then
  redis.call('HDEL', KEYS[2], 'known')
  return {'lost', 0}
end
local stopped_until = tonumber(state[3] or 0)
if stopped_until > now then return {'wait', math.ceil(stopped_until - now)} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {'wait', math.ceil(oldest[2] + window - now)}
end
local turn = math.min(tonumber(state[2] or 0), now + between)
if turn > now then return {'wait', math.ceil(turn - now)} end
if ARGV[5] == 'peek' then return {'leave', 0} end
-- One that comes a little late does not delay the next, for that would add up; but it never follows at once.
redis.call('HSET', KEYS[2], 'next', math.max(turn + between, now + between / 2))
redis.call('ZADD', KEYS[1], now, redis.call('HINCRBY', KEYS[2], 'given', 1))
return {'leave', 0}
"""

PUT_BACK = """
-- KEYS: 1 the window, 2 the state
-- ARGV: 1 now in ms or '', 2 ms to be silent from now on, 3 ms that must have passed since the loss was seen,
--       then how long ago each request left, in ms
-- The first call notes that the window is lost; one that comes late enough after it puts it back. Of several
-- who have seen the loss, one does.
-- Returns how many ms there are to wait before the next call; 0 when it is done.
if redis.call('HEXISTS', KEYS[2], 'known') == 1 then return 0 end
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local seen = tonumber(redis.call('HGET', KEYS[2], 'lost_at') or -1)
if seen < 0 or seen > now then
  redis.call('HSET', KEYS[2], 'lost_at', now)
  seen = now
end
local left = seen + tonumber(ARGV[3]) - now
if left > 0 then return math.ceil(left) end
redis.call('DEL', KEYS[1], KEYS[2])
for at = 4, #ARGV do redis.call('ZADD', KEYS[1], now - tonumber(ARGV[at]), 'audit-' .. at) end
redis.call('HSET', KEYS[2], 'known', 1, 'next', 0, 'stopped_until', now + tonumber(ARGV[2]))
return 0
"""

STOP = """
-- KEYS: 1 the state. ARGV: 1 now in ms or '', 2 for how many ms
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local until_ = math.max(tonumber(redis.call('HGET', KEYS[1], 'stopped_until') or 0), now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'stopped_until', until_)
return 0
"""


class WindowLost(Exception):
    """Redis does not know what was sent lately."""


@dataclass(frozen=True)
class RateLimit:
    """How many requests in which time, and what follows from it. All in seconds."""

    limit: int
    window_s: float

    @classmethod
    def of(cls, settings: Settings) -> "RateLimit":
        """As the settings have it."""
        return cls(settings.dsp_rate_limit, settings.dsp_rate_window_s)

    @property
    def counted_s(self) -> float:
        """How long a leave counts."""
        return self.window_s * (1 + MARGIN)

    @property
    def between_s(self) -> float:
        """From one leave to the next."""
        return self.counted_s / self.limit

    @property
    def leave_lasts_s(self) -> float:
        """Within which a leave is to be used."""
        return self.window_s * MARGIN / 2


class Limiter:
    """Gives leave. `now_s` replaces Redis' clock in simulations. All methods raise redis' errors."""

    def __init__(self, redis: Redis, rate: RateLimit) -> None:
        self._redis = redis
        self.rate = rate
        self.now_s: float | None = None

    def ask(self) -> float:
        """Ask for leave to send one request now. 0 if it is given, else the seconds to wait before asking.

        Raises WindowLost.
        """
        return self._eval_ask("ask")

    def peek(self) -> float:
        """How many seconds whoever asks now would have to wait. Raises WindowLost."""
        return self._eval_ask("peek")

    def _eval_ask(self, how: str) -> float:
        rate = self.rate
        spans = [rate.limit, rate.counted_s * 1000, rate.between_s * 1000]
        what, wait_ms = self._redis.eval(ASK, 2, WINDOW_KEY, STATE_KEY, *spans, self._now, how)
        if what == b"lost":
            raise WindowLost
        return 0.0 if what == b"leave" else wait_ms / 1000

    def put_back(self, ages_s: Sequence[float], stopped_s: float) -> float:
        """Have the window hold requests that left so long ago, and be silent for `stopped_s` from now on.

        Returns 0, or the seconds after which to look the ages up again and call this again: leave that was
        given before the loss may be used until then.
        """
        ages_ms = [age * 1000 for age in ages_s]
        spans = [stopped_s * 1000, self.rate.leave_lasts_s * 1000]
        wait_ms: int = self._redis.eval(PUT_BACK, 2, WINDOW_KEY, STATE_KEY, self._now, *spans, *ages_ms)
        return wait_ms / 1000

    def distrust(self) -> None:
        """Take the window for lost: it does not hold all that was sent."""
        self._redis.hdel(STATE_KEY, "known")

    def stop_for(self, seconds: float) -> None:
        """Give nobody leave for so long: the third party has asked for it."""
        self._redis.eval(STOP, 1, STATE_KEY, self._now, seconds * 1000)

    @property
    def _now(self) -> str | float:
        return "" if self.now_s is None else self.now_s * 1000

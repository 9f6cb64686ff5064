"""Who is online: whoever has a socket open, in any process. Leases in Redis, which nobody has to take back.

Each web process holds one lease a person, and renews it. One that dies stops renewing: its people are away
`CHAT_AWAY_AFTER_S` after its last renewal, and a periodic job tells those who know them. All is by Redis'
clock.
"""

import threading
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast
from uuid import UUID, uuid4

import structlog
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from pingpong.accounts.models import User
from pingpong.chat.models import shared_with
from pingpong.chat.news import tell_presence
from pingpong.chat.schemas import Who
from pingpong.extensions import db, redis, release, settings
from pingpong.live.attendance import Attendance
from pingpong.live.extension import attendance

log = structlog.get_logger(__name__)

INDEX = "pingpong:chat:online"
"""A sorted set of people, its score the moment at which the last of their leases ends."""
LEASES = "pingpong:chat:online:{}"
"""Of one person: a sorted set of processes, its score the end of the lease that each holds."""
AT_ONCE = 500
"""People that one script looks at: Redis does nothing else meanwhile, and Lua takes some thousands."""
RENEWALS = 3
"""Within the life of a lease: two may fail."""
TOLD_AT_MOST = 1_000
"""Who has a conversation with more people than this is told of to those of the newest."""

_NOW = "local time = redis.call('TIME'); local now = time[1] + time[2] / 1000000\n"

# KEYS: the index, then the leases of each person. ARGV: the process, the length of a lease in seconds, then
# each person. Answers who of them was away until now.
RENEW = (
    _NOW
    + """
local came = {}
for i = 2, #KEYS do
  if redis.call('ZCOUNT', KEYS[i], '(' .. now, '+inf') == 0 then came[#came + 1] = ARGV[i + 1] end
  redis.call('ZADD', KEYS[i], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2] * 1000)
  redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[i + 1])
end
return came
"""
)

# KEYS: the index, the leases of a person. ARGV: the process, the person. Answers 1 if it was the last lease.
END = (
    _NOW
    + """
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if #last > 0 then
  redis.call('ZADD', KEYS[1], last[2], ARGV[2])
  return 0
end
return redis.call('ZREM', KEYS[1], ARGV[2])
"""
)

# KEYS: the index. ARGV: each person. Answers for each whether a lease is left, as 0 or 1.
ONLINE = (
    _NOW
    + """
local answers = redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
for i, ends_at in ipairs(answers) do answers[i] = (ends_at and tonumber(ends_at) > now) and 1 or 0 end
return answers
"""
)

# KEYS: the index. Answers whose leases have all ended; each is answered once.
LAPSED = (
    _NOW
    + """
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
return gone
"""
)

# KEYS: the index. ARGV: a person, who then is among those whose leases have all ended, if they have.
LEAVE = "redis.call('ZADD', KEYS[1], 'NX', 0, ARGV[1])"

HOLDER = str(uuid4())
"""Names this process."""


def come(user_id: UUID) -> None:
    """Somebody has opened their first socket here."""
    if renew([user_id]):
        _tell(user_id)


def go(user_id: UUID) -> None:
    """Somebody has closed their last socket here."""
    keys = [INDEX, LEASES.format(user_id)]
    is_gone = _ask(END, keys, [HOLDER, str(user_id)])
    if user_id in attendance.people:  # has come again meanwhile
        renew([user_id])
    if is_gone:
        _tell_or_leave(user_id)


def renew(user_ids: Collection[UUID]) -> list[UUID]:
    """Hold leases on; returns who of these people was away. Nothing happens while Redis is."""
    ids = [str(user_id) for user_id in user_ids]
    keys = [INDEX, *map(LEASES.format, ids)]
    came = cast(list[bytes], _ask(RENEW, keys, [HOLDER, settings.chat_away_after_s, *ids]) or [])
    return [UUID(user_id.decode()) for user_id in came]


def renew_all(present: Attendance) -> None:
    """Renew the leases of all who have a socket open here; all of them first, then tell whose had lapsed."""
    people = present.people
    batches = [people[start : start + AT_ONCE] for start in range(0, len(people), AT_ONCE)]
    for user_id in [one for batch in batches for one in renew(batch)]:
        _tell_or_leave(user_id)


def hold(app: Flask) -> None:
    """Renew the leases of this process' people from now on. Called once by each web process."""
    threading.Thread(target=_hold, args=[app], name="presence", daemon=True).start()


def online(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people who are online; nobody, while Redis is away."""
    asked = list(dict.fromkeys(user_ids))
    batches = [asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE)]
    return {user_id for batch in batches for user_id in _online(batch)}


def tell_lapsed() -> int:
    """Tell who is away because their process has died; returns how many."""
    gone = cast(list[bytes], _ask(LAPSED, [INDEX], []) or [])
    for user_id in gone:
        _tell_or_leave(UUID(user_id.decode()))
    return len(gone)


def _online(user_ids: Sequence[UUID]) -> list[UUID]:
    answers: Sequence[int] = _ask(ONLINE, [INDEX], [str(one) for one in user_ids]) or []
    return [user_id for user_id, is_online in zip(user_ids, answers, strict=False) if is_online]


def _hold(app: Flask) -> None:
    pause = threading.Event()
    while not pause.wait(app.extensions["settings"].chat_away_after_s / RENEWALS):
        try:
            with app.app_context():
                renew_all(app.extensions["attendance"])
        except Exception:  # the boundary of the thread: whoever is online must stay so
            log.exception("presence_not_renewed")


def _tell_or_leave(user_id: UUID) -> None:
    """Tell how it stands now, or leave that to the next run of `tell_lapsed`."""
    try:
        _tell(user_id)
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("going_untold", user_id=str(user_id), error=str(error).partition("\n")[0])
        _ask(LEAVE, [INDEX], [str(user_id)])


def _tell(user_id: UUID) -> None:
    """Tell how it stands now: somebody who goes here may be coming elsewhere, and is told of once more."""
    user = db.session.get(User, user_id)
    others = shared_with(user_id, TOLD_AT_MOST)
    release()
    if user and others:
        tell_presence(Who(id=user.id, username=user.username), user_id in online([user_id]), others)


def _ask(script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:  # noqa: ANN401 - as each answers
    try:
        return redis.eval(script, len(keys), *keys, *arguments)
    except RedisError as error:
        log.warning("presence_unknown", error=str(error))
        return None

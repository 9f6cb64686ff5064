"""What the shipper does again and again: ship what waits, and remove what was shipped long ago."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pingpong.backoff import full_jitter_s
from pingpong.eventlog.clickhouse.refusals import Unsure
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.retention import remove_once
from pingpong.eventlog.ship import ship_once
from pingpong.extensions import db, settings

log = structlog.get_logger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
REMOVALS_AT_ONCE = 10
REMOVES_AGAIN_AFTER_S = 0.5
"""While there is more to remove: others want the disk, too."""
DATABASE_AGAIN_AFTER_S = 1.0


@dataclass(frozen=True)
class Pause:
    """For how many seconds there is nothing to do, and whether news ends it earlier."""

    seconds: float
    ends_with_news: bool = True


class Shipper:
    """Ships to what `open_target` opens, or only removes if that is None. Any number may run."""

    def __init__(self, open_target: Callable[[], Target] | None) -> None:
        self._open_target = open_target
        self._target: Target | None = None
        self._failures = 0

    def run_once(self) -> Pause:
        """Ship one batch, if there is one. Never raises for what others have broken: it says so and waits."""
        try:
            # Removed is in any case, also while ClickHouse is away: that is when Postgres fills up.
            shipping, removing = self._ship(), self._tidy_up()
        except DATABASE_AWAY as error:
            db.session.rollback()
            log.warning("database_is_away", error=str(error).partition("\n")[0])
            return Pause(DATABASE_AGAIN_AFTER_S, ends_with_news=False)
        return shipping or removing

    def _ship(self) -> Pause | None:
        """None if all is shipped for now."""
        if self._open_target is None:
            return None
        try:
            self._target = self._target or self._open_target()
        except Unsure as error:
            log.warning("clickhouse_is_away", error=str(error))
            return self._back_off()
        # After a failure another one, by turns: batches that keep failing do not hold up all others.
        shipped = ship_once(self._target, new_first=self._failures % 2 == 1)
        if shipped is None:
            return None
        if shipped.has_failed:
            return self._back_off()
        self._failures = 0
        return Pause(0.0 if shipped.has_more_behind else settings.eventlog_gather_s, ends_with_news=False)

    def _back_off(self) -> Pause:
        """Longer after each failure, whichever batch it was: who goes on makes ever more small ones.

        What fails again is opened anew: it may have come back as another version, or empty.
        """
        self._failures += 1
        if self._failures > 1 and self._target:
            self._target.close()
            self._target = None
        base_s, cap_s = settings.eventlog_backoff_base_s, settings.eventlog_backoff_cap_s
        return Pause(full_jitter_s(base_s, cap_s, self._failures), ends_with_news=False)

    def _tidy_up(self) -> Pause:
        for _ in range(REMOVALS_AT_ONCE):
            if not remove_once():
                return Pause(settings.eventlog_look_every_s, ends_with_news=self._open_target is not None)
        return Pause(REMOVES_AGAIN_AFTER_S)

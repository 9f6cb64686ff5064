"""A job's time limit, for jobs that are greenlets."""

from typing import Any

from gevent import Timeout
from rq.timeouts import BaseDeathPenalty


class GreenletDeathPenalty(BaseDeathPenalty):
    """Raises the given exception in the greenlet that entered it, once `timeout` seconds have passed.

    RQ's own classes use SIGALRM, of which a process has one, or an exception thrown into a thread, which all
    jobs share. A limit of 0 or less (RQ's -1) is none. It interrupts a greenlet that waits; code that hogs
    the processor without waiting is interrupted when it next waits.
    """

    _timer: Timeout | None = None

    def __init__(self, timeout: float, exception: type[Exception] = Exception, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(timeout, exception, **kwargs)  # type: ignore[no-untyped-call]

    def setup_death_penalty(self) -> None:
        """Start the clock."""
        if self._timeout > 0:
            error = self._exception(f"Task exceeded maximum timeout value ({self._timeout} seconds)")
            self._timer = Timeout.start_new(self._timeout, error)

    def cancel_death_penalty(self) -> None:
        """Stop the clock: nothing is raised after this."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None

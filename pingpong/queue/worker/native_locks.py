"""Logging beside threads that gevent knows nothing of: the watchdog's, and those of `async def` jobs."""

import logging
from itertools import chain

from gevent import monkey


def let_threads_log() -> None:
    """Give every handler that there is a lock of the operating system's.

    The wake-up of a greenlet that waits for one of gevent's can get lost if such a thread has it, and the
    greenlet then waits for ever (https://github.com/gevent/gevent/issues/2013). Greenlets need none among
    themselves, as writing a line does not switch; should a handler's do so, the next one passes, since to the
    operating system they are one thread.
    """
    loggers = chain([logging.getLogger()], logging.Logger.manager.loggerDict.values())
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):  # a placeholder has none
            handler.lock = monkey.get_original("_thread", "RLock")()

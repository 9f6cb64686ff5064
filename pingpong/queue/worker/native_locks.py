"""Logging beside threads that gevent knows nothing of: the watchdog's, and those of `async def` jobs."""

import logging
from itertools import chain

from gevent import monkey


def let_threads_log() -> None:
    """Give logging itself, and every handler that there is, a lock of the operating system's.

    The wake-up of a greenlet that waits for one of gevent's gets lost if such a thread lets go of it and
    takes it again at once, and the greenlet then waits for ever (compare
    https://github.com/gevent/gevent/issues/2013). Greenlets need none among themselves, as writing a line
    does not switch; should a handler's do so, the next one passes, since to the operating system they are one
    thread.
    """
    native = monkey.get_original("_thread", "RLock")
    logging._lock = native()  # type: ignore[attr-defined] # as gevent's own patching replaces it
    loggers = chain([logging.getLogger()], logging.Logger.manager.loggerDict.values())
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):  # what is only a parent of others has none
            handler.lock = native()

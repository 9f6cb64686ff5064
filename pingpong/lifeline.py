"""Children that do not outlive us, whatever happens to us."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn`: the kernel sends `death_signal` when the thread that starts the child ends.

    `kill -9` gives us no chance to stop anything. So start children from the main thread: the kernel
    watches the thread, not the process. Elsewhere than on Linux the function does nothing.
    """
    if not sys.platform.startswith("linux"):
        return _do_nothing
    # What can be looked up is looked up here: after the fork, another thread's lock could be held for ever.
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask_the_kernel() -> None:
        # subprocess calls this after it has changed the user; a change of user would clear the request.
        prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # gone between the fork and the request
            os._exit(1)

    return ask_the_kernel


def follow_parent() -> None:
    """Have the kernel send us SIGTERM when our own parent ends, as `make` does when it is killed."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _do_nothing() -> None:
    pass

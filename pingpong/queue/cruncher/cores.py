"""How many processes can compute at the same time."""

import os


def usable_cores() -> int:
    """The cores that this process may use, which may be fewer than the machine has.

    A container's quota of processor time does not show here.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

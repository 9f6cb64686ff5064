"""What a long-running process does once it has loaded everything."""

import gc

YOUNG_OBJECTS = 20_000
"""How many new objects start a collection; Python's own is 700, for scripts that end soon."""


def settle() -> None:
    """Leave the loaded code out of all further garbage collections.

    A full collection looks at every object: with the libraries' among them it stops the process for 100 ms,
    and everybody's answer with it (measured with SQLAlchemy, RQ and Flask loaded).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)

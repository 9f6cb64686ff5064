"""How long to wait before another attempt."""

import random


def full_jitter_s(base_s: float, cap_s: float, failures: int) -> float:
    """Seconds to wait after so many failures in a row: any part of what doubles with each, up to a cap.

    Exponential, with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS, 2015).
    """
    return random.uniform(0, doubled_s(base_s, cap_s, failures - 1))  # noqa: S311 - no secret


def doubled_s(first_s: float, cap_s: float, times: int) -> float:
    """`first_s`, doubled so many times, but never more than `cap_s`."""
    return min(cap_s, first_s * 2.0 ** min(times, 60))

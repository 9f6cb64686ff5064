"""The kinds of tasks that pingpong brings beside `ping`."""

from pingpong.tasks.kinds.count_primes import count_primes
from pingpong.tasks.kinds.fetch_title import fetch_title
from pingpong.tasks.kinds.generate_random_number import generate_random_number
from pingpong.tasks.kinds.reverse_string import reverse_string

__all__ = ["count_primes", "fetch_title", "generate_random_number", "reverse_string"]

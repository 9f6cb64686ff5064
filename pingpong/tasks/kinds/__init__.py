"""The kinds of tasks that pingpong brings beside `ping`, one a module."""

from pingpong.tasks.kinds import count_primes as count_primes
from pingpong.tasks.kinds import fetch_title as fetch_title
from pingpong.tasks.kinds import generate_random_number as generate_random_number
from pingpong.tasks.kinds import reverse_string as reverse_string

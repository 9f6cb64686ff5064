"""A random number."""

import secrets
from typing import Annotated

from pydantic import Field

from pingpong.tasks.context import TaskContext
from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.registry import task

LARGEST = 2**53 - 1
"""What JavaScript can hold exactly."""

Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]


@task()
def generate_random_number(ctx: TaskContext, min_value: Whole = 1, max_value: Whole = 100) -> dict[str, int]:
    """Draw a random number between two others."""
    if min_value > max_value:
        raise TaskFailed("min_value must not be greater than max_value.")
    return {"number": min_value + secrets.randbelow(max_value - min_value + 1)}

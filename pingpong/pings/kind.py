"""The first kind of task, and the example of one."""

from typing import Annotated

from pydantic import Field, StringConstraints

from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import NOT_BLANK, task

LONGEST_MESSAGE = 1000
Message = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_MESSAGE),
    Field(examples=["hello"]),
    NOT_BLANK,
]


@task(queue="io", public=True)
def ping(ctx: TaskContext, text: Message) -> str:
    """Answer a message with a pong."""
    ctx.wait_until_age(ctx.settings.ping_delay_s)
    return f"pong {text}"

"""A text, backwards."""

from typing import Annotated

import regex
from pydantic import Field

from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import task
from pingpong.text import STORABLE

LONGEST_TEXT = 10_000
GRAPHEME = regex.compile(r"\X")
"""What a reader takes for one character (Unicode Standard Annex #29)."""


@task()
def reverse_string(
    ctx: TaskContext,
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, examples=["hello"]), STORABLE],
) -> dict[str, str]:
    """Write a text backwards, character by character as a reader sees them."""
    return {"reversed_text": "".join(reversed(GRAPHEME.findall(text)))}

"""A text, backwards."""

from typing import Annotated

from pydantic import Field

from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import task
from pingpong.text import STORABLE

LONGEST_TEXT = 10_000


@task()
def reverse_string(
    ctx: TaskContext,
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, examples=["hello"]), STORABLE],
) -> dict[str, str]:
    """Write a text backwards, character by character as a reader sees them."""
    return {"reversed_text": "".join(reversed(_graphemes(text)))}


def _graphemes(text: str) -> list[str]:
    """What a reader takes for one character each (Unicode Standard Annex #29)."""
    import regex  # noqa: PLC0415 - 8 MB that nothing else needs

    found: list[str] = regex.findall(r"\X", text)
    return found

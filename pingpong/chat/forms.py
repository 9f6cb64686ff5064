"""What a form of chat holds, what was wrong with it in words, and where to go when it is done."""

from typing import TypeVar
from uuid import UUID

from flask import request
from pydantic import BaseModel, ValidationError

from pingpong.errors import InvalidInput, PingpongError

CHOSEN = "person"
"""The field of the people who were chosen; there may be many of it."""

Filled = TypeVar("Filled", bound=BaseModel)


def filled(model: type[Filled], **fields: object) -> Filled:
    """The form as the model. Raises InvalidInput."""
    try:
        return model.model_validate(fields, strict=False)
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None


def chosen() -> list[UUID]:
    """The people who were chosen. Raises InvalidInput for what is no id."""
    try:
        return [UUID(given) for given in request.values.getlist(CHOSEN)]
    except ValueError:
        raise InvalidInput.of(**{CHOSEN: "must be an id"}) from None


def in_words(error: PingpongError) -> str:
    """What was wrong, in sentences: of a field that `must not be blank`, `It must not be blank.`"""
    problems = [problem for several in error.fields.values() for problem in several]
    return " ".join(map(_sentence, problems)) or error.message


def _sentence(problem: str) -> str:
    words = f"It {problem}" if problem.startswith(("must ", "is ")) else problem[0].upper() + problem[1:]
    return f"{words}."

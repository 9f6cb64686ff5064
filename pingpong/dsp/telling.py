"""What became of many at once, in sentences."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from flask import request
from pydantic import ValidationError

from pingpong.accounts.models import User
from pingpong.dsp.control import Refusal
from pingpong.dsp.naming import names_of
from pingpong.dsp.schemas import Chosen
from pingpong.errors import InvalidInput

MOST_NAMED = 5
MOST_REASONS = 3
"""The sentences travel in the session's cookie, of which browsers keep 4 kB."""

DONE = {"retry": "To be tried again", "cancel": "Cancelled"}

Sentence = tuple[str, str]
"""Its category, `done` or `problem`, and its text."""


def chosen() -> list[UUID]:
    """The entities whose boxes were checked. Raises InvalidInput when there are none."""
    try:
        return Chosen.model_validate({"ids": request.form.getlist("entity")}).ids
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None


def in_sentences(
    action: str, done: Sequence[UUID], refused: Sequence[Refusal], person: User
) -> Iterator[Sentence]:
    """With how many it was done; and for each reason, with which it was not."""
    ids = [*done, *(one.id for one in refused)]
    names = names_of(ids, None if person.is_admin else person.id)
    if done:
        yield "done", f"{DONE[action]}: {_counted(len(done))} ({_listed(done, names)})."
    reasons: dict[str, list[UUID]] = {}
    for one in refused:
        reasons.setdefault(one.message, []).append(one.id)
    for reason, left in list(reasons.items())[:MOST_REASONS]:
        yield "problem", f"Left as before: {_counted(len(left))} ({_listed(left, names)}). {reason}"


def _counted(count: int) -> str:
    return "1 entity" if count == 1 else f"{count} entities"


def _listed(ids: Sequence[UUID], names: dict[UUID, str]) -> str:
    shown = [names.get(one, str(one)) for one in ids[:MOST_NAMED]]
    more = [f"{len(ids) - MOST_NAMED} more"] if len(ids) > MOST_NAMED else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last

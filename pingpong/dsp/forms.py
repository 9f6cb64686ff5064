"""What the forms hold: one entity in fields, or a graph as JSON; and in words what is wrong with them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import current_app, request
from pydantic import ValidationError

from pingpong.dsp.schemas import NAMED, NewEntities
from pingpong.errors import InvalidInput

BETWEEN_NAMES = re.compile(r"[\s,]+")
MOST_TOLD = 20
LONGEST_KEPT = 200_000
"""Characters of a graph that come back with what is wrong with it; a longer file has to be chosen again."""

PART = re.compile(r"entities\.(\d+)\.?(.*)")


def entity_of(given: Mapping[str, str]) -> NewEntities:
    """One entity, from the fields of a form. Raises InvalidInput."""
    names = [name for name in BETWEEN_NAMES.split(given.get("depends_on", "")) if name]
    if unlike := [name for name in names if not re.match(NAMED, name)]:
        raise InvalidInput.of(depends_on=f"{_quoted(unlike)}: neither an id nor a ref with @ in front")
    payload = _json("payload", given.get("payload", "").strip() or "{}")
    if not isinstance(payload, dict):
        raise InvalidInput.of(payload='must be an object, such as {"name": "Autumn"}')
    wanted = {"entity_type": given.get("entity_type", ""), "payload": payload, "depends_on": names}
    return _checked({**wanted, "ref": given.get("ref", "").strip() or None})


def graph_of(text: str) -> NewEntities:
    """A graph, from its JSON: a list of entities, or an object that holds it. Raises InvalidInput."""
    entities = _entities_in(text)
    if not isinstance(entities, list):
        raise InvalidInput.of(graph='must be a list of entities, or an object with one as "entities"')
    if not entities:
        raise InvalidInput.of(graph="must have at least one entity")
    return _checked({"entities": entities})


def _entities_in(text: str) -> Any:  # noqa: ANN401 - whatever stands there
    graph = _json("graph", text)
    return graph.get("entities") if isinstance(graph, dict) else graph


def graph_text() -> str:
    """The file that was chosen, or else what was typed. Raises InvalidInput."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("graph", "")
    try:
        return str(file.read(), "utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput.of(graph="must be a file of text in UTF-8") from None


def problems_of(error: InvalidInput, field: str) -> list[str]:
    """What is wrong with a field of the form, and whatever is in it."""
    return [
        problem
        for name, problems in error.fields.items()
        if name == field or name.startswith(f"{field}.")
        for problem in problems
    ]


def problems_of_graph(error: InvalidInput, text: str) -> list[str]:
    """What is wrong with a graph, each problem with the entity that it is about."""
    told = list(_of_entities(error, _refs_in(text)))
    more = [f"And {len(told) - MOST_TOLD} more."] if len(told) > MOST_TOLD else []
    return [*told[:MOST_TOLD], *more]


def _of_entities(error: InvalidInput, refs: Sequence[str]) -> Iterator[str]:
    for name, problems in error.fields.items():
        part = PART.fullmatch(name)
        for problem in problems:
            yield f"{_whose(int(part[1]), part[2], refs)} {problem}." if part else f"The graph {problem}."


def _whose(number: int, field: str, refs: Sequence[str]) -> str:
    ref = f" ({refs[number]})" if number < len(refs) and refs[number] else ""
    return f"Entity {number + 1}{ref}{', ' + field if field else ''}:"


def _refs_in(text: str) -> list[str]:
    try:
        entities = _entities_in(text)
    except InvalidInput:
        return []
    return [str(one.get("ref", "")) if isinstance(one, dict) else "" for one in entities or ()]


def _json(field: str, text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return current_app.json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput.of(**{field: f"is not valid JSON: {error.msg} ({where})"}) from None
    except ValueError as error:
        raise InvalidInput.of(**{field: f"is not valid JSON: {error}"}) from None
    except RecursionError:
        raise InvalidInput.of(**{field: "is nested too deeply"}) from None


def _checked(wanted: dict[str, Any]) -> NewEntities:
    try:
        return NewEntities.model_validate(wanted)
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)

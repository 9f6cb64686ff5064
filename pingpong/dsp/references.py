"""Payloads that refer to a dependency's id at the third party: `{"$ref": "campaign-1.remote_id"}`."""

from collections.abc import Iterator, Mapping
from typing import Any

MARK, REMOTE_ID = "$ref", ".remote_id"


class BadReference(ValueError):
    """It is not of the form `name.remote_id`."""


def names_in(payload: Any) -> set[str]:  # noqa: ANN401 - any JSON value
    """The dependencies that a payload refers to: each a `ref` or an id. Raises BadReference."""
    return {_name_of(value) for value in _objects(payload) if MARK in value}


def resolved(payload: Any, remote_ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """The payload with remote ids in place of references. Raises KeyError for a name that has none."""
    if isinstance(payload, list):
        return [resolved(item, remote_ids) for item in payload]
    if not isinstance(payload, dict):
        return payload
    if MARK in payload:
        return remote_ids[_name_of(payload)]
    return {key: resolved(value, remote_ids) for key, value in payload.items()}


def _name_of(reference: dict[str, Any]) -> str:
    target = reference[MARK]
    if len(reference) != 1 or not isinstance(target, str) or not target.endswith(REMOTE_ID):
        raise BadReference('a reference must be like {"$ref": "campaign-1.remote_id"}')
    return target.removesuffix(REMOTE_ID)


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)

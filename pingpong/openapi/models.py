"""What requests bring, as models whose fields carry their examples: `Field(examples=["hello"])`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from pingpong import clock

UtcTime = Annotated[
    datetime,
    PlainSerializer(clock.iso),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A moment, as the wire has it."""

GivenId = Annotated[UUID, Field(strict=False)]
"""An id in a body: JSON has no type for it but text."""


def _exemplify(schema: dict[str, Any]) -> None:
    """Write each field's example as OpenAPI does, and make an example of the whole from them."""
    properties: dict[str, dict[str, Any]] = schema.get("properties", {})
    for field in properties.values():
        if "examples" in field:
            field["example"] = field.pop("examples")[0]
    whole = {name: field["example"] for name, field in properties.items() if "example" in field}
    if whole.keys() >= set(schema.get("required", ())):
        schema["example"] = whole


def _without_null(schema: dict[str, Any]) -> None:
    """A parameter that is left out is None to us; a client cannot say null in an address."""
    for field in schema.get("properties", {}).values():
        kinds = field.pop("anyOf", [])
        kept = [kind for kind in kinds if kind != {"type": "null"}]
        if len(kept) < len(kinds):
            del field["default"]
        field.update(kept[0] if len(kept) == 1 else {"anyOf": kept} if kept else {})
    _exemplify(schema)


class Body(BaseModel):
    """The fields of a body. In JSON its own types are meant: `"5"` is no number. (In a form it is.)"""

    model_config = ConfigDict(extra="ignore", strict=True, json_schema_extra=_exemplify)


class Query(BaseModel):
    """The parameters of a query, of a path or in headers; what is not asked for is passed over."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=_without_null)

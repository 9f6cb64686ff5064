"""What requests bring, as models whose fields carry their examples: `Field(examples=["hello"])`."""

from typing import Any

from pydantic import BaseModel, ConfigDict


def _exemplify(schema: dict[str, Any]) -> None:
    """Write each field's example as OpenAPI does, and make an example of the whole from them."""
    properties: dict[str, dict[str, Any]] = schema.get("properties", {})
    for field in properties.values():
        if "examples" in field:
            field["example"] = field.pop("examples")[0]
    whole = {name: field["example"] for name, field in properties.items() if "example" in field}
    if whole.keys() >= set(schema.get("required", ())):
        schema["example"] = whole


class Query(BaseModel):
    """The parameters of a query, of a path or in headers; what is not asked for is passed over."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=_exemplify)


class Body(Query):
    """The fields of a body. In JSON its own types are meant: `"5"` is no number. (In a form it is.)"""

    model_config = ConfigDict(strict=True)

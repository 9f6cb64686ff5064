"""The form of a kind, made from the JSON Schema of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pingpong.errors import InvalidInput
from pingpong.tasks.registry import Kind

LONG_TEXT = 200
"""Text that may be longer gets a field of several lines."""


@dataclass(frozen=True)
class Field:
    """One parameter: how it is asked for, what is in it, and what is wrong with that."""

    name: str
    label: str
    control: str
    """`number`, `text`, `url`, `textarea`, `checkbox` or `select`."""
    value: Any
    is_required: bool
    limits: dict[str, Any]
    """Attributes of the control, such as `min` and `max`."""
    choices: list[Any]
    problem: str


@dataclass(frozen=True)
class Form:
    """A kind, to be filled in."""

    name: str
    description: str
    fields: list[Field]

    @classmethod
    def of(
        cls, kind: Kind, given: Mapping[str, Any] | None = None, refused: InvalidInput | None = None
    ) -> Self:
        """The form of a kind; after it was refused with what was given, and why."""
        schema = kind.params.model_json_schema()
        required = schema.get("required", [])
        problems = refused.fields if refused else {}
        return cls(
            kind.name,
            kind.description,
            [
                _field(name, part, name in required, given, problems)
                for name, part in schema.get("properties", {}).items()
            ],
        )

    @property
    def is_refused(self) -> bool:
        """Whether it comes back with what is wrong."""
        return any(field.problem for field in self.fields)


def _field(
    name: str,
    schema: Mapping[str, Any],
    is_required: bool,
    given: Mapping[str, Any] | None,
    problems: Mapping[str, list[str]],
) -> Field:
    return Field(
        name=name,
        label=name.replace("_", " ").capitalize(),
        control=_control(schema),
        value=schema.get("default", "") if given is None else given.get(name, ""),
        is_required=is_required,
        limits=_limits(schema),
        choices=schema.get("enum", []),
        problem="; ".join(problems.get(name, [])),
    )


def _control(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "select"
    if schema.get("type") in {"integer", "number"}:
        return "number"
    if schema.get("type") == "boolean":
        return "checkbox"
    if schema.get("format") == "url":
        return "url"
    return "textarea" if schema.get("maxLength", LONG_TEXT + 1) > LONG_TEXT else "text"


def _limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    limits = {"min": schema.get("minimum"), "max": schema.get("maximum")}
    if schema.get("type") == "number":
        limits["step"] = "any"
    return {name: limit for name, limit in limits.items() if limit is not None}

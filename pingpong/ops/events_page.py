"""Prints docs/events.md, from the models that declare the events: `python -m pingpong.ops.events_page`."""

from typing import Any

from pingpong import accounts, chat, dsp, tasks  # noqa: F401 - importing features declares their events
from pingpong.eventlog import events as of_event_log  # noqa: F401 - as above
from pingpong.eventlog.catalogue import EventContext, catalogue
from pingpong.ops import events  # noqa: F401 - as above

Schema = dict[str, Any]

HEADER = """# Events

What the event log holds, made by `python -m pingpong.ops.events_page` from the models that declare it. Every
event also has an `id` (UUIDv7), its `event_type` and `version`, the `environment`, the `request_id` of the
request that it comes from and the `actor_id` of the person who made that (both empty where there is none),
and `occurred_at`, by Postgres' clock. Below is what the `context` of each type holds, as JSON.
"""


def page() -> str:
    """The page's text."""
    return "\n".join([HEADER, *(_section(model) for model in catalogue())])


def _section(model: type[EventContext]) -> str:
    description = " ".join((model.__doc__ or "").split())
    lines = [f"## {model.event_type}", "", f"Version {model.version}. {description}", ""]
    lines += ["| Field | Type | Meaning |", "|---|---|---|"]
    schema = model.model_json_schema()
    named = schema.get("$defs", {})
    lines += [_row(name, value, named) for name, value in schema["properties"].items()]
    return "\n".join([*lines, ""])


def _row(name: str, schema: Schema, named: Schema) -> str:
    return f"| `{name}` | {_type(schema, named)} | {schema.get('description', '')} |"


def _type(schema: Schema, named: Schema) -> str:
    if "$ref" in schema:
        return _type(named[schema["$ref"].rpartition("/")[2]], named)
    if "anyOf" in schema:
        return " or ".join(_type(option, named) for option in schema["anyOf"])
    if "items" in schema:
        return f"list of {_type(schema['items'], named)}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("format") or schema.get("type") or "any")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201

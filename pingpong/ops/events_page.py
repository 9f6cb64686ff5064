"""Prints docs/events.md, from the models that declare the events: `python -m pingpong.ops.events_page`."""

from pingpong import accounts, chat, dsp, tasks  # noqa: F401 - importing features declares their events
from pingpong.eventlog.catalogue import EventContext, catalogue

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
    lines += [_row(name, value) for name, value in schema["properties"].items()]
    return "\n".join([*lines, ""])


def _row(name: str, schema: dict[str, object]) -> str:
    return f"| `{name}` | {_type(schema)} | {schema.get('description', '')} |"


def _type(schema: dict[str, object]) -> str:
    options = schema.get("anyOf")
    if isinstance(options, list):
        return " or ".join(_type(option) for option in options)
    if "items" in schema and isinstance(schema["items"], dict):
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or "any")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201

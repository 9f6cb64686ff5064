"""`python -m pingpong.ops.settings_page` writes docs/settings.md from the settings themselves."""

import sys

from pydantic.fields import FieldInfo

from pingpong.settings import Settings

HEAD = """# Settings

Each comes from the environment or from a file `.env` beside the Procfile; the environment wins. A bad value
stops the process with one line per variable. Times are in seconds where a name ends in `_S`.

| Variable | Default | Meaning |
|---|---|---|
"""


def page() -> str:
    """The page, one row a setting, in their order."""
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    default = field.get_default()
    shown = "" if default is None else f"`{getattr(default, 'value', default)}`"
    if name == "secret_key":
        shown = "for development only"
    return f"| `{field.alias or name.upper()}` | {shown} | {field.description} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())

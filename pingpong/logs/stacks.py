"""An exception as data: where it happened and what it was, without what people wrote."""

from typing import Any

import structlog
from structlog.typing import ExcInfo

TELLING = {
    *(f"builtins.{name}" for name in ("AttributeError", "NameError", "UnboundLocalError", "RecursionError")),
    *(f"builtins.{name}" for name in ("ImportError", "ModuleNotFoundError", "ZeroDivisionError")),
    *(f"builtins.{name}" for name in ("BrokenPipeError", "ConnectionRefusedError", "ConnectionResetError")),
    *(f"redis.exceptions.{name}" for name in ("ConnectionError", "TimeoutError")),
    *(f"sqlalchemy.exc.{name}" for name in ("OperationalError", "InterfaceError", "TimeoutError")),
    "sqlalchemy.exc.ProgrammingError",
    "rq.timeouts.JobTimeoutException",
}
"""Their words are about code, hosts and limits. Any other's may quote what it met:
`invalid literal for int() with base 10: '…'`."""

WITHHELD = "[withheld]"

# Local variables hold what people wrote, and secrets: no stack shows them.
_as_data = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def render_stack(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """The exception and those before it, each with its frames; its words only if they quote nobody."""
    stacks = _as_data(exc_info)
    _hush(stacks)
    kind, error, _ = exc_info
    if f"{kind.__module__}.{kind.__qualname__}" in TELLING:
        stacks[0]["exc_value"] = str(error).partition("\n")[0]
    return stacks


def _hush(stacks: list[dict[str, Any]]) -> None:
    for stack in stacks:
        stack["exc_value"] = WITHHELD
        del stack["exc_notes"], stack["syntax_error"]
        for group in stack["exceptions"]:
            _hush(group)

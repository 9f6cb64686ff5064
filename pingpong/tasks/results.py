"""Which answers can be kept: what JSON and Postgres can hold, up to a size."""

import json
import re
from typing import Any

from pingpong.extensions import settings
from pingpong.tasks.errors import TaskFailed

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""In JSON, and not a backslash followed by the letters `u0000`."""


def storable(answer: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The answer, if it can be kept. Raises TaskFailed."""
    try:
        text = json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise TaskFailed(f"The answer cannot be kept: {error}.") from error
    if len(text) > settings.task_max_result_bytes:
        raise TaskFailed(
            f"The answer is too large: {len(text)} bytes of at most {settings.task_max_result_bytes}."
        )
    if NUL.search(text.decode()):
        raise TaskFailed("The answer cannot be kept: it contains the NUL character.")
    return answer

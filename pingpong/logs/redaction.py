"""Belt and braces: what is named like a secret, or looks like one, is blanked wherever it occurs in a line.

Nobody logs secrets on purpose; a library's message or a careless line may hold one.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from structlog.typing import EventDict

BLANK = "[redacted]"

PARTS = r"passw(?:or)?d|passphrase|token|secret|credential|authorization|cookie|csrf|api[_-]?key"
"""A name with one of these in it names a secret."""
WORDS = r"pwd|ticket|refresh|access|jwt|dsn"
"""These, only as a word of their own: `accessed_at` is none."""
SECRET_NAME = re.compile(rf"{PARTS}|(?:^|[_\W])(?:{WORDS})(?:[_\W]|$)", re.IGNORECASE)

SECRET_IN_TEXT = re.compile(
    rf"""
      ([?&][^\s=&?\#"'<>]*=)[^\s&\#"'<>]+   # a query's values: tickets, tokens, and what people look for
    | ((?:{PARTS})[\w-]{{0,40}}["']?\s*[=:]\s*["']?(?:bearer\s|basic\s)?\s*)[^\s&;,"'<>]+
    | (://[^\s/:@]*:)[^\s/@]+(?=@)          # the password of a URL
    | (\bbearer\s+)[\w.~+/=-]{{8,}}
    | ()\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?    # a JSON Web Token
    """,
    re.IGNORECASE | re.VERBOSE,
)
MARKS = (
    *("=", "://", "eyj", "bearer", "passw", "passphrase", "token", "secret", "credential"),
    *("authorization", "cookie", "csrf", "api"),
)
"""A text without any of them, in lower case, matches nothing of the above; this is many times faster."""
PLAIN = {"timestamp", "level", "logger", "process", "pid", "job_id", "task_id", "user_id", "method"}
"""Nobody but us writes these."""


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Blank the secrets of an event, its nested values included (structlog's processor)."""
    return _mapping(dict(event))


def _mapping(values: dict[Any, Any]) -> dict[Any, Any]:
    return {name: _named(str(name), value) for name, value in values.items()}


def _named(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    if name in PLAIN:
        return value
    if _is_secret(name) and not isinstance(value, (int, float, type(None))):
        return BLANK
    return _clean(value)


def _clean(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    cleaner = _CLEANERS.get(type(value))
    return cleaner(value) if cleaner else value


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return SECRET_NAME.search(name) is not None


def _text(text: str) -> str:
    folded = text.lower()
    for mark in MARKS:
        if mark in folded:
            return SECRET_IN_TEXT.sub(_keep_what_names_it, text)
    return text


def _keep_what_names_it(match: re.Match[str]) -> str:
    return f"{match[match.lastindex or 0]}{BLANK}"


def _sequence(values: list[Any]) -> list[Any]:
    return [_clean(value) for value in values]


# Not tuples: `exc_info` is one.
_CLEANERS: dict[type, Callable[[Any], Any]] = {str: _text, dict: _mapping, list: _sequence}

"""What an answer of the third party means."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pingpong.dsp.models import LONGEST_REMOTE_ID
from pingpong.dsp.states import Action

LONGEST_ERROR = 1_000
"""Characters of an error that are kept with the entity; the audit has all of it."""
WORDS_FOR_ERRORS = ("error_message", "message", "error", "detail")
DEEPEST_ERROR = 5
"""Objects within objects in which it is looked for words."""
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
OF_THE_REQUEST = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
    }
)
CONTROLS = dict.fromkeys(range(0x20), " ") | {0x7F: " "}


@dataclass(frozen=True)
class Answer:
    """What came back: a status, and a body that may be anything. `retry_after` is that header, if any."""

    http_status: int
    body: bytes = b""
    retry_after: str | None = None


@dataclass(frozen=True)
class Accepted:
    """It took the entity, under this name."""

    remote_id: str


@dataclass(frozen=True)
class StillPending:
    """It is not done with the entity yet."""


@dataclass(frozen=True)
class Succeeded:
    """It is done."""


@dataclass(frozen=True)
class Refused:
    """It said no, and would say so again. `is_of_entity`: the entity is not there, nor will it come."""

    error: str
    is_of_entity: bool = True


@dataclass(frozen=True)
class Fault:
    """No answer, or none that can be understood: it may be asked again.

    `is_outage`: it speaks against the third party as a whole. `retry_after_s`: it wants to be left alone.
    """

    error: str
    is_outage: bool = True
    retry_after_s: float | None = None


Meaning = Accepted | StillPending | Succeeded | Refused | Fault


def understand(action: Action, answer: Answer) -> Meaning:
    """Read an answer."""
    retry_after_s = silence_wanted_s(answer)
    status = answer.http_status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Fault(_words(answer), is_outage=False, retry_after_s=retry_after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fault(_words(answer), retry_after_s=retry_after_s)
    if status >= HTTPStatus.BAD_REQUEST:
        return Refused(_words(answer), is_of_entity=_is_of_entity(action, status))
    if status >= HTTPStatus.MULTIPLE_CHOICES or status < HTTPStatus.OK:
        return Fault(f"HTTP {status} is not an answer that is documented")
    return _READ[action](_json_object(answer.body))


def _is_of_entity(action: Action, status: int) -> bool:
    """Whether the entity is what was wrong. If it was our token, say, it may be there for all we know."""
    return status in GONE if action is Action.POLL else status not in OF_THE_REQUEST


def silence_wanted_s(answer: Answer) -> float | None:
    """For how many seconds it wants to be left alone by everybody here. None if it does not say so.

    With a good answer, `Retry-After` is only a hint when to come back for this one.
    """
    if answer.http_status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    return seconds_to_wait(answer.retry_after, datetime.now(UTC))


def seconds_to_wait(header: str | None, now: datetime) -> float | None:
    """How long `Retry-After` asks to wait: so many seconds, or until a date (RFC 9110 §10.2.3)."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def _read_submit(body: dict[str, Any]) -> Meaning:
    remote_id = body.get("id")
    if isinstance(remote_id, int) and not isinstance(remote_id, bool):
        remote_id = str(remote_id)
    if not isinstance(remote_id, str) or not _is_usable(remote_id):
        return _not_documented("id")
    return Accepted(remote_id)


def _read_status(body: dict[str, Any]) -> Meaning:
    match body.get("status"):
        case "success":
            return Succeeded()
        case "failed":
            return Refused(_sentence(body) or "The third party says that it failed, and not why.")
        case "pending":
            return StillPending()
    return _not_documented("status")


_READ = {Action.SUBMIT: _read_submit, Action.POLL: _read_status}


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_usable(remote_id: str) -> bool:
    """Whether it can be stored and stand in a path: not empty, not endless, no step up to another folder."""
    if not remote_id.isprintable() or not remote_id.strip("."):
        return False
    return len(quote(remote_id, safe="")) <= LONGEST_REMOTE_ID


def _not_documented(field: str) -> Fault:
    return Fault(f"The answer is not as documented: it has no usable {field!r}")


def _words(answer: Answer) -> str:
    """Why, in the third party's own words if it has any."""
    said = _sentence(_json_object(answer.body)) or answer.body.decode(errors="replace").strip()
    return _clean(f"HTTP {answer.http_status}: {said}" if said else f"HTTP {answer.http_status}")


def _sentence(body: dict[str, Any], depth: int = 1) -> str | None:
    for name in WORDS_FOR_ERRORS:
        value = body.get(name)
        if isinstance(value, dict) and depth < DEEPEST_ERROR:
            value = _sentence(value, depth + 1)
        if isinstance(value, str) and value.strip():
            return _clean(value)
    return None


def _clean(text: str) -> str:
    """On one line, storable, and not endless."""
    one_line = text.encode(errors="replace").decode().translate(CONTROLS)
    return " ".join(one_line.split())[:LONGEST_ERROR]

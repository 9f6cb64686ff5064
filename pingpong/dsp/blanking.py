"""What the audit keeps of requests and answers: without secrets, storable, and not endless."""

import json
import re
from typing import Any

from pingpong.extensions import settings

SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|api[_-]?key|authorization|credential|private[_-]?key", re.I
)
BLANK = "[blanked]"
# Whatever comes, it takes time in proportion to its length: nothing before the word, and little after it.
NAME = rf"""(?:{SECRET.pattern})[\w-]{{0,50}}["']?\s{{0,20}}[:=]\s{{0,20}}"""
VALUE = r"""("[^"]*"?|'[^']*'?|(?:(?:Bearer|Basic)\s+)?[^\s,;&"'}]+)"""
IN_TEXT = re.compile(f"({NAME}){VALUE}", re.I)
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CUT = "… [cut]"


def kept(body: bytes | None) -> str | None:
    """What the audit keeps of a body, as the settings have it."""
    if body is None:
        return None
    return blanked(body, settings.dsp_api_token, settings.dsp_audit_max_bytes)


def kept_words(text: str) -> str:
    """What is kept of an error: a third party may repeat what it was sent."""
    return blanked(text.encode(errors="replace"), settings.dsp_api_token, settings.dsp_audit_max_bytes)


def blanked(body: bytes, token: str, at_most: int) -> str:
    """A body as text of at most so many bytes, with secrets blanked: ours, and all that are called so."""
    text = _blanked(body.decode(errors="replace"), token)
    text = UNSTORABLE.sub(REPLACEMENT, text)
    return text if len(text.encode()) <= at_most else _cut(text, at_most)


def _blanked(text: str, token: str) -> str:
    try:
        return json.dumps(_without_secrets(json.loads(text), token), ensure_ascii=False)
    except (ValueError, RecursionError):
        return _in_text(text, token)


def _without_secrets(value: Any, token: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return _in_text(value, token)
    if isinstance(value, list):
        return [_without_secrets(item, token) for item in value]
    if isinstance(value, dict):
        return {
            _in_text(key, token): BLANK if SECRET.search(key) else _without_secrets(item, token)
            for key, item in value.items()
        }
    return value


def _in_text(text: str, token: str) -> str:
    return IN_TEXT.sub(rf"\1{BLANK}", text.replace(token, BLANK) if token else text)


def _cut(text: str, at_most: int) -> str:
    return text.encode()[: at_most - len(CUT.encode())].decode(errors="ignore") + CUT

"""Text that can be stored."""

from typing import Annotated

from pydantic import AfterValidator


def _storable(text: str) -> str:
    """Postgres stores neither NUL nor half a surrogate pair."""
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain unpaired surrogates") from None
    return text


STORABLE = AfterValidator(_storable)
"""Marks text that can be stored: any Unicode but NUL and unpaired surrogates."""

PlainText = Annotated[str, STORABLE]

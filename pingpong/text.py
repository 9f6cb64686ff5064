"""Text that can be stored."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function


def _storable(text: str) -> str:
    """Postgres stores neither NUL nor half a surrogate pair."""
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain unpaired surrogates") from None
    return text


@dataclass(frozen=True)
class Storable:
    """Marks text that can be stored: any Unicode but NUL and unpaired surrogates.

    `pattern` says so to clients; it checks nothing, so that errors can be put in words.
    """

    pattern: str = r"^[^\u0000]*$"

    def __get_pydantic_core_schema__(self, source: type[str], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check what pydantic has read."""
        return no_info_after_validator_function(_storable, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe it."""
        return {"pattern": self.pattern, **handler(schema)}


STORABLE = Storable()
NOT_BLANK = Storable(r"^[^\u0000]*[^\s\u0000][^\u0000]*$")
"""As STORABLE, for text that must have something left when it has been trimmed."""

PlainText = Annotated[str, STORABLE]

"""Cursors: a row's place in an order, as an opaque text that a client hands back."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from pingpong.errors import InvalidInput

LARGEST_VALUE = 2**57
"""In milliseconds or, for a time, microseconds since 1970: the year 6536."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Cursor:
    """The sort key of a row and its id, which makes the place unique."""

    sort: str
    value: int
    id: UUID

    def __str__(self) -> str:
        text = json.dumps([self.sort, self.value, str(self.id)])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def at(cls, moment: datetime, sort: str, row_id: UUID) -> Self:
        """The place of a row in an order by time."""
        return cls(sort, (moment - EPOCH) // MICROSECOND, row_id)

    @property
    def moment(self) -> datetime:
        """The sort key, in an order by time."""
        return EPOCH + self.value * MICROSECOND

    @classmethod
    def parse(cls, text: str, *, sort: str, field: str) -> Self:
        """Read a cursor of a list in this order. Raises InvalidInput, naming the field."""
        try:
            padded = text + "=" * (-len(text) % 4)
            given_sort, value, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            cursor = cls(given_sort, value, UUID(row_id))
        except (binascii.Error, ValueError, TypeError, AttributeError):
            raise InvalidInput.of(**{field: "must be a cursor of this list"}) from None
        if cursor.sort != sort or type(value) is not int or not 0 <= value <= LARGEST_VALUE:
            raise InvalidInput.of(**{field: "must be a cursor of this list in this order"})
        return cursor

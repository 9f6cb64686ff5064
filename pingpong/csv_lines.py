"""CSV (RFC 4180) in chunks, whose cells no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

LINES_PER_CHUNK = 200
FORMULA_BEGINS = (
    *"=+-@\t\r",
    *"\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}",
)


def csv_chunks(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The head and a line for each row, many lines at once."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
        if number % LINES_PER_CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def defused(text: str | None) -> str | None:
    """A cell that a spreadsheet does not take for a formula (OWASP, "CSV Injection")."""
    return f"'{text}" if text and text.startswith(FORMULA_BEGINS) else text

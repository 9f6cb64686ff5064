"""The engine, which is asked as the HTTP interface is: a query, its settings, its parameters, its data."""

import re
import tempfile
from collections.abc import Mapping

import chdb
from chdb.state.sqlitelike import Connection

INSERT = re.compile(rb"\s*INSERT\s+INTO\s.*?\sFORMAT\s+(\w+)\s*?\n", re.IGNORECASE | re.DOTALL)
CODE = re.compile(r"Code: (\d+)")
TRANSPORT = {
    "query",
    "database",
    "client_protocol_version",
    "wait_end_of_query",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "enable_http_compression",
    "query_id",
    "session_id",
}
"""What is no setting of the engine's."""


class EngineError(Exception):
    """The engine has said no, with one of ClickHouse's codes."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        found = CODE.search(str(error))
        self.code = int(found[1]) if found else 1002


class Engine:
    """A folder of chdb. Each query has a connection of its own, so that no setting outlives it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._held = chdb.connect(folder)  # while one is open, the engine stays
        self.profile: dict[str, str] = {}
        """Settings of the user, which a query's own come after."""

    def answer(self, statement: bytes, parameters: Mapping[str, str]) -> bytes:
        """Raises EngineError."""
        connection = chdb.connect(self._folder)
        try:
            for name, value in {**self.profile, **settings_of(parameters)}.items():
                connection.query(f"SET {name} = {quoted(value)}")
            insert = INSERT.match(statement)
            if insert:
                return self._insert(connection, statement[: insert.end()], statement[insert.end() :])
            values = {name[6:]: value for name, value in parameters.items() if name.startswith("param_")}
            return connection.query(statement.decode(), "TabSeparated", params=values).bytes()
        except (chdb.ChdbError, RuntimeError) as error:
            raise EngineError(error) from error
        finally:
            connection.close()

    def _insert(self, connection: Connection, statement: bytes, rows: bytes) -> bytes:
        head, _, name = statement.decode().rpartition("FORMAT")
        with tempfile.NamedTemporaryFile() as file:
            file.write(rows)
            file.flush()
            return connection.query(f"{head} FROM INFILE {quoted(file.name)} FORMAT {name.strip()}").bytes()


def settings_of(parameters: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in parameters.items()
        if name not in TRANSPORT and not name.startswith("param_")
    }


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

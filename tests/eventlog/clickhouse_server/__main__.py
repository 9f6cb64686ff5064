"""`python -m tests.eventlog.clickhouse_server FOLDER PORT`: answers on this port until it is ended."""

import gzip
import socket
import sys
import time

import lz4.frame
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.eventlog.clickhouse_server.engine import Engine, EngineError
from tests.eventlog.clickhouse_server.faults import Fault, Faults

MOST_OF_A_FIELD = 128 * 1024  # http_max_field_value_size
MOST_OF_AN_ADDRESS = 1024 * 1024  # http_max_uri_size
DECOMPRESS = {"gzip": gzip.decompress, "lz4": lz4.frame.decompress}


def create_server(engine: Engine, faults: Faults) -> Flask:
    app = Flask(__name__)
    app.get("/ping")(lambda: "Ok.\n")
    app.get("/faults")(faults.seen)

    @app.post("/faults")
    def switch_fault() -> str:
        faults.switch(request.get_json())
        return ""

    @app.post("/profile")
    def set_profile() -> str:
        engine.profile = request.get_json()
        return ""

    @app.route("/", methods=["GET", "POST"])
    def answer() -> Response | tuple[str, int]:
        parameters = {**request.args, **request.form}
        if len(request.url) > MOST_OF_AN_ADDRESS:
            return "URI too long", 414
        if any(len(value) > MOST_OF_A_FIELD for value in parameters.values()):
            return failed(1000, "Code: 1000. HTML Form Exception: Field value too long (POCO_EXCEPTION)")
        query = parameters.get("query", "")
        data = DECOMPRESS.get(request.headers.get("Content-Encoding", ""), bytes)(request.get_data())
        statement = b"\n".join(part for part in (query.encode(), data) if part)
        if statement.startswith(b"INSERT INTO events "):
            return with_fault(engine, faults, statement, parameters)
        return answered(engine, statement, parameters)

    return app


def with_fault(engine: Engine, faults: Faults, statement: bytes, parameters: dict[str, str]) -> Response:
    with faults.hit(parameters.get("insert_deduplication_token", "")) as fault:
        return before(faults, fault) or after(faults, fault, answered(engine, statement, parameters))


def before(faults: Faults, fault: Fault) -> Response | None:
    """What happens instead of the insert."""
    if fault.mode == "slow":
        time.sleep(fault.seconds)
    if fault.mode == "hang_before":
        faults.hang(fault)
    if fault.mode in ("hang_before", "drop_before"):
        return hang_up()
    if fault.mode == "fail":
        return failed(fault.code, f"Code: {fault.code}. DB::Exception: on request. (ON_REQUEST)")
    return Response("<h1>Bad gateway</h1>", 502) if fault.mode == "proxy" else None


def after(faults: Faults, fault: Fault, answer: Response) -> Response:
    """What happens instead of its answer."""
    if fault.mode == "hang_after":
        faults.hang(fault)
    if fault.mode in ("hang_after", "drop_after"):
        return hang_up()
    if fault.mode == "fail_after":
        return failed(fault.code, f"Code: {fault.code}. DB::Exception: on request. (ON_REQUEST)")
    return answer


def answered(engine: Engine, statement: bytes, parameters: dict[str, str]) -> Response:
    try:
        return Response(engine.answer(statement, parameters), mimetype="application/octet-stream")
    except EngineError as error:
        return failed(error.code, str(error))


def failed(code: int, message: str) -> Response:
    return Response(message, 500, {"X-ClickHouse-Exception-Code": str(code)})


def hang_up() -> Response:
    """End the connection: what is still written to it goes nowhere."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()


def main(folder: str, port: str) -> None:
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    app = create_server(Engine(folder), Faults())
    make_server("127.0.0.1", int(port), app, threaded=True).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

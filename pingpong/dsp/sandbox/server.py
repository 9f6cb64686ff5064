"""The process: listens, says where, and ends when it is told to."""

import logging
import signal
import sys

import gevent
from gevent.pywsgi import LoggingLogAdapter, WSGIServer

from pingpong.dsp.sandbox.app import create_app
from pingpong.dsp.sandbox.connection import ConnectionHandler
from pingpong.dsp.sandbox.options import Options

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def make_server(options: Options) -> WSGIServer:
    """The sandbox, listening once it is started. Nothing in it blocks, so nothing needs to be patched."""
    return WSGIServer(
        (options.host, options.port),
        create_app(options),
        handler_class=ConnectionHandler,
        log=None,
        error_log=LoggingLogAdapter(logging.getLogger(__name__), logging.ERROR),
        environ={"SERVER_NAME": options.host},  # otherwise it asks DNS
    )


def url_of(server: WSGIServer) -> str:
    """Where a server that has been started answers."""
    host = f"[{server.server_host}]" if ":" in server.server_host else server.server_host
    return f"http://{host}:{server.server_port}"


def serve(options: Options) -> None:
    """Answer until SIGTERM or SIGINT; whoever still waits for an answer is left. Raises OSError."""
    server = make_server(options)
    server.start()
    handlers = [gevent.signal_handler(number, server.stop, 0) for number in STOP_SIGNALS]
    sys.stdout.write(f"The DSP sandbox answers at {url_of(server)}\n")
    sys.stdout.flush()
    server.serve_forever()
    for handler in handlers:
        handler.cancel()

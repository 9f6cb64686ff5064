"""gunicorn's gevent worker, leaving without a wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import gevent
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.ggevent import GeventWorker

from pingpong.telemetry import end_telemetry

if TYPE_CHECKING:  # gunicorn's master loads this file, and no app
    from pingpong.live.attendance import Attendance
    from pingpong.metrics.telling import Teller

SOCKETS_CLOSE_WITHIN_S = 5.0


class WebWorker(GeventWorker):
    """Sends its streams away and hangs up on idle connections when it is told to leave.

    Browsers and load balancers keep connections open for a next request. gunicorn's own worker waits for
    them as for a request in progress, for all of its graceful time.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._idle: set[gevent.Greenlet] = set()

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Wait for the next request on a connection, for as long as `keepalive` says."""
        connection = gevent.getcurrent()
        self._idle.add(connection)
        try:
            with gevent.Timeout(self.cfg.keepalive, False):
                yield
        finally:
            self._idle.discard(connection)

    def run(self) -> None:
        """Serve until told to leave; then wait until sockets, which are no longer gunicorn's, have closed."""
        super().run()
        attendance: Attendance = self.wsgi.extensions["attendance"]
        with gevent.Timeout(SOCKETS_CLOSE_WITHIN_S, False):
            while len(attendance):
                gevent.sleep(0.02)
        teller: Teller = self.wsgi.extensions["teller"]
        teller.tell_all()
        end_telemetry()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave, as SIGTERM asks."""
        super().handle_exit(sig, frame)
        gevent.spawn(self._send_away)

    def _send_away(self) -> None:
        """Streams hear `shutdown` and reconnect elsewhere at once; idle connections are closed."""
        self.wsgi.extensions["hub"].shut_down()
        for connection in list(self._idle):
            connection.kill(NoMoreData(), block=False)

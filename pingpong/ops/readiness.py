"""Tells when a ping would be answered."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

ASK_EVERY_S = 0.1
ANSWERS_WITHIN_S = 5
COMPLAIN_EVERY_S = 20

log = structlog.get_logger()


class ReadinessWatch:
    """Asks `/readyz` on this machine's `port` until it says yes, then calls `then`, once."""

    def __init__(self, port: int, then: Callable[[], None]) -> None:
        self._port = port
        self._then = then
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="readiness", daemon=True)

    def start(self) -> None:
        """Begin asking, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()

    def _watch(self) -> None:
        complain_at = time.monotonic() + COMPLAIN_EVERY_S
        while not self._over.wait(ASK_EVERY_S):
            missing = self._missing()
            if not missing:
                if not self._over.is_set():
                    self._then()
                return
            if time.monotonic() > complain_at:
                log.warning("not_ready_yet", missing=missing)
                complain_at += COMPLAIN_EVERY_S

    def _missing(self) -> str:
        """Ask once; return what is not up, empty if everything is."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWERS_WITHIN_S)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return f"the web process does not answer ({error})"
        finally:
            connection.close()
        return "" if response.status == http.client.OK else _what_is_down(body)


def _what_is_down(body: bytes) -> str:
    try:
        checks: dict[str, dict[str, Any]] = json.loads(body)["checks"]
    except (ValueError, KeyError, TypeError):
        return "the web process answers, but not with its state"
    return "; ".join(
        f"{name}: {check.get('reason', 'unknown')}"
        for name, check in checks.items()
        if check["status"] != "up"
    )

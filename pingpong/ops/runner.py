"""Keeps processes running, as a platform would, and stops them in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from pingpong.ops.embedded.server import EmbeddedServer
from pingpong.ops.process import ProcfileProcess
from pingpong.ops.refusal import CannotStart
from pingpong.signals import SignalInbox

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_AGAIN_AFTER_S = 1.0
STOPS_WITHIN_S = 30.0
LOOK_EVERY_S = 0.5  # a child's end wakes us at once; this is for what sends no signal

log = structlog.get_logger()


class Service(Protocol):
    """What the runner watches: an embedded server or a process of the Procfile."""

    @property
    def name(self) -> str:
        """What logs call it."""

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """What was started last."""

    def start(self) -> object:
        """Start it, again if it has ended."""


class Runner:
    """Starts servers, then processes; starts again what dies; stops in the opposite order.

    Use it inside an open SignalInbox for STOP_SIGNALS and SIGCHLD, in the main thread.
    """

    def __init__(
        self, servers: Sequence[EmbeddedServer], inbox: SignalInbox, *, stops_within_s: float = STOPS_WITHIN_S
    ) -> None:
        self._servers = servers
        self._inbox = inbox
        self._stops_within_s = stops_within_s
        self._processes: list[ProcfileProcess] = []
        self._start_again_at: dict[str, float] = {}

    def start_servers(self) -> Mapping[str, str]:
        """Start the servers, one after the other, and return the URL of each by its name."""
        urls = {}
        for server in self._servers:
            urls[server.name] = server.start()
            log.info("server_started", name=server.name, folder=str(server.folder))
        return urls

    def start_processes(self, processes: Sequence[ProcfileProcess]) -> None:
        """Start the processes; from now on they are watched."""
        for process in processes:
            process.start()
            self._processes.append(process)
            log.info("process_started", name=process.name, pid=process.process.pid)

    def watch(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Start again what ends, until a stop signal comes or `is_over()`."""
        timeout_s = 0.0
        while not self._inbox.wait(timeout_s).intersection(STOP_SIGNALS) and not is_over():
            for server in self._servers:
                self._look_after(server)
            for process in self._processes:
                self._look_after(process)
            timeout_s = self._until_next_start()

    def stop(self) -> None:
        """Stop the processes, then the servers, the last one first. Nothing is left."""
        if self._processes:
            log.info("stopping", processes=len(self._processes))
        for process in self._processes:
            process.ask_to_stop()
        give_up_at = time.monotonic() + self._stops_within_s
        for process in self._processes:
            self._see_off(process, give_up_at - time.monotonic())
        for server in reversed(self._servers):
            server.stop()

    def _see_off(self, process: ProcfileProcess, timeout_s: float) -> None:
        try:
            process.process.wait(max(0, timeout_s))
        except subprocess.TimeoutExpired:
            log.warning("process_killed", name=process.name, after_s=self._stops_within_s)
        process.kill_all()

    def _look_after(self, service: Service) -> None:
        if service.process.poll() is None:
            return
        now = time.monotonic()
        if service.name not in self._start_again_at:
            self._start_again_at[service.name] = now + START_AGAIN_AFTER_S
            log.warning("process_ended", name=service.name, exit_code=service.process.returncode)
        elif now >= self._start_again_at[service.name]:
            del self._start_again_at[service.name]
            self._start_again(service)

    def _start_again(self, service: Service) -> None:
        if isinstance(service, ProcfileProcess):
            service.kill_all()  # its orphans hold the port
        try:
            service.start()
        except CannotStart as refusal:
            log.error("process_not_started", name=service.name, reason=str(refusal))  # noqa: TRY400 - a sentence
            return
        log.info("process_started", name=service.name, pid=service.process.pid)

    def _until_next_start(self) -> float:
        now = time.monotonic()
        return max(0.0, min([LOOK_EVERY_S, *(at - now for at in self._start_again_at.values())]))

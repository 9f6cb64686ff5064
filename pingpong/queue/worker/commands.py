"""What others tell a worker: stop a job, shut down (RQ's send_stop_job_command and its kin)."""

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from rq.command import PUBSUB_CHANNEL_TEMPLATE

from pingpong.queue.away import REDIS_AWAY, waits_s
from pingpong.queue.worker.run import Interruption

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)

LISTEN_S = 1.0


class Commands:
    """Listens to the worker's channel, as a greenlet of its own. RQ's own listener ends on a time-out."""

    def __init__(self, worker: "GreenletWorker") -> None:
        self._worker = worker

    def __call__(self) -> None:
        """Listen until killed."""
        waits = waits_s()
        while True:
            try:
                self._listen()
            except REDIS_AWAY as error:
                self._worker.availability.lost(error)
                time.sleep(next(waits))
            except Exception:  # the boundary of the listener: a worker must not become deaf
                log.exception("listening to commands broke")
                time.sleep(next(waits))

    def obey(self, command: dict[str, Any]) -> None:
        """Do what a command says. Unknown ones are logged."""
        name = command.get("command")
        log.info("received command %s", name, extra={"command": name, "job_id": command.get("job_id")})
        if name == "stop-job":
            self._stop_job(str(command.get("job_id")))
        elif name == "shutdown":
            self._worker.stop()
        else:
            log.warning("command %s means nothing to a worker without a work horse", name)

    def _listen(self) -> None:
        with self._worker.connection.pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(PUBSUB_CHANNEL_TEMPLATE % self._worker.name)
            while True:
                message = pubsub.get_message(timeout=LISTEN_S)
                if message is not None:
                    self._hear(message["data"])

    def _hear(self, message: bytes) -> None:
        try:
            command = json.loads(message)
        except ValueError:
            command = None
        if isinstance(command, dict):
            self.obey(command)
        else:
            log.warning("a message to worker %s is no command", self._worker.name)

    def _stop_job(self, job_id: str) -> None:
        runs = [run for run in self._worker.runs if run.job_id == job_id]
        for run in runs:
            run.interrupt(Interruption.STOP)
        if not runs:
            log.info("job %s is not running here", job_id, extra={"job_id": job_id})

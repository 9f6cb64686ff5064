"""What others tell a worker: stop a job, shut down (RQ's send_stop_job_command and its kin)."""

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from rq.command import PUBSUB_CHANNEL_TEMPLATE
from rq.job import Job

from pingpong.queue.away import REDIS_AWAY, waits_s
from pingpong.queue.worker.run import Interruption

if TYPE_CHECKING:
    from pingpong.queue.worker.worker import GreenletWorker

log = logging.getLogger(__name__)

LISTEN_S = 1.0
STARTS_WITHIN_S, START_LOOK_EVERY_S = 2.0, 0.02


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
        """Whoever has seen that a job is started may say so before we have heard it ourselves."""
        wait_until_s = time.monotonic() + STARTS_WITHIN_S
        while not (runs := [run for run in self._worker.runs if run.job_id == job_id]):
            if time.monotonic() > wait_until_s or not self._starts_here(job_id):
                log.info("job %s is not running here", job_id, extra={"job_id": job_id})
                return
            time.sleep(START_LOOK_EVERY_S)
        for run in runs:
            run.interrupt(Interruption.STOP)

    def _starts_here(self, job_id: str) -> bool:
        key = Job.key_for(job_id)
        status, worker_name = self._worker.connection.hmget(key, "status", "worker_name")
        return status == b"started" and worker_name == self._worker.name.encode()

"""An RQ worker of greenlets, and what brings back the jobs of workers that died. See docs/worker.md."""

from pingpong.queue.worker.abandoned import requeue_abandoned
from pingpong.queue.worker.started import StartedJob
from pingpong.queue.worker.waiting import pause
from pingpong.queue.worker.worker import GreenletWorker

__all__ = ["GreenletWorker", "StartedJob", "pause", "requeue_abandoned"]

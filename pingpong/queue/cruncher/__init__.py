"""RQ's own workers, one process to a job, for work that computes. See docs/worker.md."""

from pingpong.queue.cruncher.pool import Cruncher
from pingpong.queue.cruncher.worker import ForkingWorker

__all__ = ["Cruncher", "ForkingWorker"]

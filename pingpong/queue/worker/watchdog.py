"""Notices a job that hogs the processor, which stops all others."""

import logging
import sys
import time
import traceback
from types import FrameType

from gevent import monkey

from pingpong.queue.worker.run import JobRun

log = logging.getLogger(__name__)

BLOCKED_S = 0.2
LOOK_EVERY_S = 0.05
FRAMES = 15


class Watchdog:
    """A thread of the operating system that sees when the event loop has had no turn for a while.

    It says so while the loop is blocked, with the job and the stack, and once more when that is over. The
    loop's own greenlets could only tell of it afterwards, if ever.
    """

    def __init__(self, blocked_s: float = BLOCKED_S) -> None:
        self._blocked_s = blocked_s
        self._turn_at_s = time.monotonic()
        self._loops_thread = monkey.get_original("_thread", "get_ident")()
        self._is_over = False

    def __call__(self) -> None:
        """Have a turn of the loop now and then, as a greenlet, while the thread looks; until killed."""
        start_thread = monkey.get_original("_thread", "start_new_thread")
        start_thread(self._look, ())
        try:
            while True:
                self._turn_at_s = time.monotonic()
                time.sleep(LOOK_EVERY_S)
        finally:
            self._is_over = True

    def _look(self) -> None:
        sleep = monkey.get_original("time", "sleep")
        while not self._is_over:
            sleep(LOOK_EVERY_S)
            turn_at_s = self._turn_at_s
            if time.monotonic() - turn_at_s >= self._blocked_s:
                names = self._bark()
                while self._turn_at_s == turn_at_s and not self._is_over:
                    sleep(LOOK_EVERY_S)
                seconds = round(self._turn_at_s - turn_at_s, 3)
                log.warning("the loop was blocked for %.3f s", seconds, extra={**names, "seconds": seconds})

    def _bark(self) -> dict[str, str]:
        frame = sys._current_frames().get(self._loops_thread)
        names = _job_in(frame)
        stack = "".join(traceback.format_stack(frame)[-FRAMES:])
        who = names.get("kind") or names.get("function") or "no job"
        log.warning("the loop is blocked by %s", who, extra={**names, "stack": stack})
        return names


def _job_in(frame: FrameType | None) -> dict[str, str]:
    """The names of the job whose code is on this stack; none if it is not a job's."""
    while frame is not None:
        if frame.f_code is JobRun.call_function.__code__:
            run: JobRun = frame.f_locals["self"]
            return run.names
        frame = frame.f_back
    return {}

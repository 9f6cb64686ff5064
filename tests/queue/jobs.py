"""What the tests' workers run. They tell what they do in Redis: `seen` lists it."""

import logging
import os
import signal
import time
from pathlib import Path

from gevent import GreenletExit, monkey
from redis import Redis
from rq import Retry, get_current_job
from rq.job import Job

from pingpong.queue.worker import pause

log = logging.getLogger(__name__)

SEEN = "seen"
GO = "go"


def add(a: int, b: int) -> int:
    return a + b


def see(what: str) -> None:
    _tell(what)


def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "waited"


def hold_without_redis(folder: str) -> str:
    """Tell by a file that it runs, then wait to be let go by another."""
    Path(folder, "runs").touch()
    while not Path(folder, "go").exists():
        time.sleep(0.02)
    return "waited"


def hold(name: str) -> str:
    """Tell that it runs, then wait to be let go."""
    connection = _tell(name)
    while not connection.exists(GO):
        time.sleep(0.02)
    return name


def compute(name: str) -> str:
    """Tell that it runs, then keep the processor busy until it is let go. Others can do nothing meanwhile."""
    connection = _tell(name)
    while not connection.exists(GO):
        sum(range(1_000_000))
    return name


def log_lines(count: int) -> None:
    """Log, and let others do so in between."""
    for number in range(count):
        log.info("line %d", number)
        time.sleep(0.001)


def log_lines_in_a_thread(count: int) -> None:
    """As the watchdog does: in a thread that gevent knows nothing of."""
    ended: list[bool] = []

    def log_all() -> None:
        for number in range(count):
            log.info("line %d", number)
        ended.append(True)

    monkey.get_original("_thread", "start_new_thread")(log_all, ())
    while not ended:
        time.sleep(0.02)


def name_process() -> list[int | bool]:
    """The process and its parent, and whether gevent has patched it."""
    return [os.getpid(), os.getppid(), monkey.is_module_patched("socket")]


def kill_itself() -> None:
    _tell("dies")
    os.kill(os.getpid(), signal.SIGKILL)


def hold_in_pause(name: str) -> None:
    """Tell that it runs, then wait without a slot to be let go."""
    connection = _tell(name)
    while not connection.exists(GO):
        pause(0.02)


def hog(seconds: float) -> None:
    """Compute, or so it seems to all others."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        pass


def hold_for_ever(name: str) -> None:
    _tell(name)
    while True:
        time.sleep(60)


def hold_and_clean_up(name: str) -> str:
    try:
        return hold(name)
    except GreenletExit:
        _tell(f"{name} cleaned up")
        raise


def clean_up_for_ever(name: str) -> None:
    try:
        hold(name)
    except GreenletExit:
        _tell(f"{name} cleans up")
        time.sleep(60)


def hold_on_stubbornly(name: str) -> str:
    _tell(name)
    while True:
        try:
            time.sleep(60)
        except GreenletExit:
            _tell(f"{name} stays")


def hold_and_name_the_current_job() -> list[str]:
    """The id of the job that RQ thinks is running, before and after others had their turn."""
    before = _current().id
    hold(before)
    return [before, _current().id]


def remember(what: str) -> None:
    keep_in_meta(what)
    hold(what)


def fail(reason: str = "on purpose") -> None:
    _tell(reason)
    raise ValueError(reason)


def fail_at_first(what: str) -> None:
    connection = _tell(what)
    if connection.incr(f"attempts at {what}") == 1:
        raise ValueError("not at first")


def fail_with_half_a_pair() -> None:
    """Raise an error whose text cannot be encoded."""
    _tell("fails")
    raise ValueError("\ud83d")


def return_retry() -> Retry | str:
    connection = _tell("tried")
    return "done" if connection.llen(SEEN) > 1 else Retry(max=3)


def keep_in_meta(what: str) -> None:
    job = _current()
    job.meta["what"] = what
    job.save_meta()


def return_what_cannot_be_stored() -> object:
    return lambda: None


def slot(begins_at_s: float) -> float:
    return begins_at_s


def leave_process(status: int) -> None:
    raise SystemExit(status)


def on_success(job: Job, connection: Redis, result: object) -> None:
    connection.rpush(SEEN, f"success {result}")


def on_success_fail(job: Job, connection: Redis, result: object) -> None:
    raise ValueError("broken callback")


def on_failure(job: Job, connection: Redis, error: type, value: Exception, traceback: object) -> None:
    connection.rpush(SEEN, f"failure {value}")


def on_stopped(job: Job, connection: Redis) -> None:
    connection.rpush(SEEN, "stopped")


def _current() -> Job:
    job = get_current_job()
    assert job is not None
    return job


def _tell(what: str) -> Redis:
    connection = _current().connection
    connection.rpush(SEEN, what)
    return connection

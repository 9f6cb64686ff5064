"""Workers and schedulers as processes of their own, to be signalled and killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 20


class Process:
    """A running one. What it logs is in `log`."""

    def __init__(self, module: str, arguments: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            command = [sys.executable, "-m", module, *arguments]
            self._process = subprocess.Popen(command, cwd=ROOT, stderr=file)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(PATIENCE_S)

    def leave(self) -> int:
        """Ask it to leave, and wait until it has."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        if self.is_running:
            self.signal(signal.SIGKILL)
            self._process.wait()


class Processes:
    """Starts processes against one Redis, and ends those that a test leaves behind."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self._redis_url = redis_url
        self._folder = folder
        self._started: list[Process] = []

    def worker(self, queues: str = "work", **options: Any) -> Process:
        return self._start("tests.queue.worker_process", [queues, json.dumps(options)])

    def work_off(self, queues: str = "work", **options: Any) -> Process:
        """Have a worker do all jobs that are there, and those that these add."""
        worker = self.worker(queues, work={"burst": True}, **options)
        assert worker.wait() == 0, worker.log
        return worker

    def cruncher(self, queue: str = "work", **options: Any) -> Process:
        return self._start("tests.queue.cruncher_process", [queue, json.dumps(options)])

    def beat(self, *schedules: dict[str, Any], **options: Any) -> Process:
        return self._start("tests.queue.beat_process", [json.dumps(schedules), json.dumps(options)])

    def scene_worker(self, worker_class: str) -> Process:
        return self._start("tests.queue.scene_worker", [worker_class])

    def breaking_workers(self, what: str, moment: str) -> Process:
        return self._start("tests.queue.breaking_workers", [what, moment])

    def end(self) -> None:
        for process in self._started:
            process.kill()

    def _start(self, module: str, arguments: list[str]) -> Process:
        log = self._folder / f"{module}-{len(self._started)}.log"
        process = Process(module, [self._redis_url, *arguments], log)
        self._started.append(process)
        return process

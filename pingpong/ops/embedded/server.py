"""What the embedded servers have in common: start and wait for an answer, stop, start again."""

# ruff: noqa: S603 - the commands are our own

import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from pingpong.lifeline import die_with_parent
from pingpong.ops.embedded.account import Account
from pingpong.ops.embedded.lock import FolderLock
from pingpong.ops.refusal import CannotStart

ANSWERS_WITHIN_S = 60  # Postgres may have to recover first
STOPS_WITHIN_S = 30
ASK_EVERY_S = 0.05
MOST_LAUNCHES = 5
LARGEST_LOG_BYTES = 1_000_000


class EmbeddedServer(ABC):
    """A server that is our child, with its data in a folder that only one of us uses at a time.

    After `start`, `process` can be watched; if it has ended, `start` again takes up the same data.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    process: subprocess.Popen[bytes]
    folder: Path
    """Where its data is; known once it has started."""

    _account: Account
    _sockets: Path
    _lock: FolderLock | None = None

    def start(self) -> str:
        """Start, wait until it answers, and return its URL. Raises CannotStart with the reason."""
        self._find_place()
        self._lock = self._lock or FolderLock(self.folder)
        self._lock.acquire()
        try:
            self._stop_leftover()
            self._prepare()
            self._launch_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End it in its own orderly way, by force if that takes too long, and let others use the data."""
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._lock:
            self._lock.release()

    def discard(self) -> None:
        """Stop it and delete its data, as tests do."""
        self.stop()
        for folder in {self.folder, self._sockets}:
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # the other server's data may still be in it
            self.folder.parent.rmdir()

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers."""

    @abstractmethod
    def _find_place(self) -> None:
        """Settle `folder`, `_sockets` and `_account`."""

    @abstractmethod
    def _stop_leftover(self) -> None:
        """Stop a server that a killed runner left on this data; we hold the lock, so it is nobody's."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data ready."""

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """What to run."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it can be used now."""

    def _launch_until_it_answers(self) -> None:
        """Launch, and again if it ends: for a moment, what a killed server left may still be in use."""
        give_up_at = time.monotonic() + ANSWERS_WITHIN_S
        launches = 0
        self._launch()
        while not self._answers():
            if self.process.poll() is not None:
                launches += 1
                self._launch_again(launches)
            if time.monotonic() > give_up_at:
                raise CannotStart(f"{self.title} does not answer; its log is {self.log}.")
            time.sleep(ASK_EVERY_S)

    def _launch_again(self, launches: int) -> None:
        if launches > MOST_LAUNCHES:
            raise CannotStart(f"{self.title} does not start ({self._last_words()}); its log is {self.log}.")
        time.sleep(ASK_EVERY_S * 2**launches)
        self._launch()

    def _launch(self) -> None:
        keep = self.log.exists() and self.log.stat().st_size < LARGEST_LOG_BYTES
        with self.log.open("ab" if keep else "wb") as log:
            self.process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=SERVER_ENVIRONMENT,
                start_new_session=True,  # the terminal's Ctrl-C is for us, who stop things in order
                preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509 - see die_with_parent
                **self._account.identity,
            )

    @property
    def log(self) -> Path:
        """The file that holds what the server says."""
        return self.folder / "server.log"

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        fatal = [line for line in lines if "FATAL" in line]
        return (fatal or lines or ["it said nothing"])[-1].strip()


SERVER_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}
"""All that the servers are told of ours: a PGPORT or a missing locale of the shell must not change them."""

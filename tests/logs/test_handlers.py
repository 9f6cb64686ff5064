"""The log file: shared by processes, rotated by whoever finds it full, and never in anybody's way."""

import errno
import fcntl
import logging
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from pingpong.logs.handlers import SharedFileHandler

LINES = 3_000


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("test", logging.INFO, "here.py", 1, text, (), None)


def write(handler: SharedFileHandler, name: str) -> None:
    for number in range(LINES):
        handler.handle(record(f"{name} {number}"))


def write_on_its_own(path: Path, name: str) -> None:
    write(SharedFileHandler(path, max_bytes=2_048, backups=1_000), name)


def all_lines(path: Path) -> list[str]:
    return [line for file in path.parent.glob(f"{path.name}*") for line in file.read_text().splitlines()]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "pingpong.log"


@pytest.fixture
def handler(path):
    handler = SharedFileHandler(path, max_bytes=100, backups=3)
    yield handler
    handler.close()


def test_a_full_file_is_renamed_and_the_oldest_is_dropped(path, handler):
    for number in range(10):
        handler.handle(record(f"{number} {'x' * 100}"))

    kept = sorted(file.name for file in path.parent.iterdir())
    assert kept == ["pingpong.log", "pingpong.log.1", "pingpong.log.2", "pingpong.log.3"]
    assert [file.read_text()[0] for file in sorted(path.parent.iterdir())] == ["9", "8", "7", "6"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_that_write_at_once_lose_no_line_and_tear_none(path, method):
    """Many rotations, by writers that have opened the file themselves and by forked ones that share one."""
    context = multiprocessing.get_context(method)
    shared = SharedFileHandler(path, max_bytes=2_048, backups=1_000)
    target, first = (write, shared) if method == "fork" else (write_on_its_own, path)
    writers = [context.Process(target=target, args=[first, name]) for name in ("ada", "bob", "eve")]
    for writer in writers:
        writer.start()
    write(shared, "me")
    for writer in writers:
        writer.join()
    shared.close()

    expected = [f"{name} {number}" for name in ("ada", "bob", "eve", "me") for number in range(LINES)]
    assert sorted(all_lines(path)) == sorted(expected)
    assert len(list(path.parent.iterdir())) > 5


def test_a_file_that_somebody_else_has_moved_is_begun_anew(path, handler):
    handler.handle(record("before"))
    path.rename(path.with_name("moved"))

    handler.handle(record("after"))

    assert path.read_text() == "after\n"


def test_a_full_disk_stops_nobody_and_is_told_once(path, handler, monkeypatch, caplog):
    def write_nothing(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "write", write_nothing)
        for _ in range(3):
            handler.handle(record("lost"))
    handler.handle(record("there is space again"))

    assert [line.message for line in caplog.records] == ["log_file_not_written"]
    assert caplog.records[0].reason == "No space left on device"
    assert path.read_text() == "there is space again\n"


def test_a_line_that_was_torn_by_a_full_disk_does_not_spoil_the_next(path, handler, monkeypatch):
    real = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, data: real(file, data[:4]))
        handler.handle(record("torn apart"))

    handler.handle(record("whole"))

    assert path.read_text().splitlines() == ["torn", "whole"]


def test_a_folder_that_is_gone_stops_nobody(path, handler, caplog):
    path.unlink()
    path.parent.rmdir()

    handler.handle(record("nowhere to go"))

    assert [line.message for line in caplog.records] == ["log_file_not_written"]


def test_where_it_may_not_be_renamed_it_grows_and_that_is_told_once(path, handler, monkeypatch, caplog):
    def may_not(_self: Path, _target: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", may_not)
    for number in range(4):
        handler.handle(record(f"{number} {'x' * 100}"))

    assert [line[0] for line in path.read_text().splitlines()] == ["0", "1", "2", "3"]
    assert [line.message for line in caplog.records] == ["log_file_not_rotated"]
    assert caplog.records[0].reason == "Permission denied"


def test_it_can_be_closed_twice(handler):
    handler.close()
    handler.close()


def test_others_may_not_read_it(path, handler):
    assert path.stat().st_mode & 0o007 == 0


def test_of_two_that_find_it_full_at_once_one_renames_it(path, handler, monkeypatch):
    other = SharedFileHandler(path, max_bytes=100, backups=3)
    lock = fcntl.flock

    def lock_too_late(*arguments: Any) -> None:
        monkeypatch.undo()
        other.handle(record("other"))
        lock(*arguments)

    handler.handle(record("x" * 100))
    monkeypatch.setattr(fcntl, "flock", lock_too_late)
    handler.handle(record("mine"))
    other.close()

    assert path.read_text() == "other\nmine\n"
    assert sorted(file.name for file in path.parent.iterdir()) == ["pingpong.log", "pingpong.log.1"]

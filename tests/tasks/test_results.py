"""Which answers can be kept."""

import pytest

from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.results import storable
from tests.conftest import changed


@pytest.mark.parametrize(
    "answer", ["text", "", None, 1.5, {"a": [1, None, "é"]}, "\\u0000", "\\\\u0000", "a\x01"]
)
def test_what_json_and_postgres_hold_is_kept(app, answer):
    assert storable(answer) == answer


@pytest.mark.parametrize(
    "answer",
    [{1, 2}, float("nan"), b"bytes", "\0", {"a": "b\0"}, "\\\0", pytest.param("\ud800", id="surrogate")],
)
def test_what_they_do_not_hold_fails_the_task(app, answer):
    with pytest.raises(TaskFailed, match="cannot be kept"):
        storable(answer)


def test_what_is_too_large_fails_the_task(app):
    with changed(app, task_max_result_bytes=10):
        assert storable("x" * 8)
        with pytest.raises(TaskFailed, match="11 bytes of at most 10"):
            storable("x" * 9)

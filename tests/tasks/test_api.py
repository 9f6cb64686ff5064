"""`GET /api/tasks/results/<id>/`."""

import pytest

from pingpong.tasks.models import Task

FIELDS = {
    "id",
    "kind",
    "status",
    "params",
    "result",
    "error",
    "progress",
    "attempts",
    "submitted_at",
    "started_at",
    "finished_at",
    "duration_ms",
    "message",
    "reply",
}


def test_a_waiting_message_is_shown_with_what_is_not_yet_known_as_null(client):
    task, _ = Task.submit("ping", {"text": "hello"})

    result = client.get(f"/api/tasks/results/{task.id}/").json

    assert set(result) == FIELDS
    assert (result["status"], result["progress"], result["attempts"]) == ("queued", 0, 0)
    assert (result["reply"], result["started_at"], result["duration_ms"]) == (None, None, None)


def test_an_answered_message_is_shown_with_its_times(client):
    task, _ = Task.claim(Task.submit("ping", {"text": "hello"})[0].id, 1)
    task.answer("pong hello")

    result = client.get(f"/api/tasks/results/{task.id}/").json

    assert result["submitted_at"] <= result["started_at"] <= result["finished_at"]
    assert (result["result"], result["reply"], result["error"]) == ("pong hello", "pong hello", None)
    assert result["duration_ms"] >= 0


@pytest.mark.parametrize(
    "task_id", ["nonsense", "1", "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55", "%00", "x" * 5000, "é", "%ff"]
)
def test_an_unknown_id_is_not_found(client, task_id):
    response = client.get(f"/api/tasks/results/{task_id}/")

    assert response.status_code == 404
    assert response.json["error"]["code"] == "not_found"

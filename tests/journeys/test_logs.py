"""The logs of real processes in production: one request followed through all of them, and nothing private."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from websocket import create_connection

from tests.api_client import ApiClient
from tests.events import EventClient
from tests.people import PASSWORD
from tests.servers import start_servers
from tests.stack import COMMANDS, Stack, free_port
from tests.waiting import wait_until

SECRET_KEY = "k3y-" + "0123456789abcdef" * 3
DATABASE_PASSWORD = "hunter2-of-the-database"
CLICKHOUSE_PASSWORD = "hunter2-of-clickhouse"
PROCESSES = {**COMMANDS, "shipper": ("shipper.py",)}
PRIVATE = "a-private-text"
ALWAYS = {"timestamp", "level", "event", "logger", "process"}

Line = dict[str, Any]


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("stack")
    servers = start_servers(home, embedded=True)
    with_password = servers.database_url.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
    settings = {
        "PINGPONG_ENV": "production",
        "SECRET_KEY": SECRET_KEY,
        "LOG_LEVEL": "debug",
        "LOG_FILE": str(home / "all" / "pingpong.log"),
        "TASK_MODULES": "tests.journeys.logged_kinds",
        "PING_DELAY_S": "0",
        "CLICKHOUSE_URL": f"clickhouse://default:{CLICKHOUSE_PASSWORD}@127.0.0.1:{free_port()}/pingpong",
    }
    (home / "all").mkdir()
    try:
        reached = replace(servers, database_url=with_password)
        with Stack(home, servers=reached, commands=PROCESSES, **settings) as running:
            yield running
    finally:
        servers.stop()


@pytest.fixture
def ada(stack) -> ApiClient:
    return ApiClient(stack.url)


def lines(log: Path) -> list[Line]:
    """Those that are complete: the last one may be half written."""
    complete, _, _ = log.read_text().rpartition("\n")
    return [json.loads(line) for line in complete.splitlines()]


def of_process(stack: Stack, name: str, **wanted: str) -> list[Line]:
    """The lines of a process that say so."""
    return [line for line in lines(stack.home / f"{name}.log") if wanted.items() <= line.items()]


def events(stack: Stack, name: str, **wanted: str) -> set[str]:
    return {line["event"] for line in of_process(stack, name, **wanted)}


def submit(person: ApiClient, kind: str, request_id: str, **params: str) -> str:
    """Have a task done; the request's id is the test's."""
    response = requests.post(
        f"{person.url}/api/tasks/{kind}/",
        json=params,
        headers={**person.headers, "X-Request-ID": request_id},
        timeout=10,
    )
    assert response.status_code == 202, response.text
    return str(response.json()["task_id"])


def about(stack: Stack, process: str, task_id: str) -> list[Line] | None:
    """The lines that name a task in whatever way, once the worker itself has told how its job ended."""
    of_task = [line for line in of_process(stack, process) if task_id in json.dumps(line)]
    return of_task if any("outcome" in line for line in of_task) else None


@pytest.mark.parametrize(
    ("kind", "process", "expected"),
    [
        ("ping", "worker", {"task_begun", "task_answered", "news_published"}),
        ("spell", "cruncher", {"task_begun", "task_answered", "news_published"}),
        ("refuse_to_compute", "cruncher", {"task_begun", "task_failed", "news_published"}),
    ],
)
def test_a_requests_id_is_on_every_line_of_its_task_in_every_process(stack, ada, kind, process, expected):
    request_id, person = f"req-{uuid4()}", ada.get("/api/users/profile/")["id"]

    task_id = submit(ada, kind, request_id, text=PRIVATE)

    ids = {"request_id": request_id, "user_id": person}
    wait_until(lambda: expected <= events(stack, process, **ids), 20, what=f"the lines of {process}")
    assert {"task_accepted", "request"} <= events(stack, "web", **ids)
    of_task = wait_until(lambda: about(stack, process, task_id), 20, what="the line of the job")
    assert [line for line in of_task if not {**ids, "task_id": task_id}.items() <= line.items()] == []
    of_job = [line for line in of_task if line["event"] != "news_published"]
    assert {line["job_id"] for line in of_job} == {f"{task_id}_1"}


def test_one_id_leads_through_three_processes_and_no_line_of_its_work_is_without_it(stack, ada):
    request_id = f"req-{uuid4()}"

    # What a page does at once may be several requests of one id: here one that waits and one that computes.
    waits = submit(ada, "ping", request_id, text=PRIVATE)
    computes = submit(ada, "spell", request_id, text=PRIVATE)

    wait_until(lambda: about(stack, "worker", waits), 20, what="the end of the ping")
    wait_until(lambda: about(stack, "cruncher", computes), 20, what="the end of the spelling")
    told = lines(stack.home / "all" / "pingpong.log")
    of_them = [line for line in told if waits in json.dumps(line) or computes in json.dumps(line)]
    assert [line for line in of_them if line.get("request_id") != request_id] == []
    with_id = [line for line in told if line.get("request_id") == request_id]
    assert {line["process"] for line in with_id} == {"web", "worker", "cruncher"}
    requested = [line["path"] for line in with_id if line["event"] == "request"]
    assert requested == ["/api/tasks/ping/", "/api/tasks/spell/"]


def test_the_next_attempts_keep_the_id_of_the_request(stack, ada):
    request_id = f"req-{uuid4()}"

    task_id = submit(ada, "refuse", request_id, text=PRIVATE)

    ada.wait_for(task_id, "failed")
    wait_until(lambda: of_process(stack, "worker", job_id=f"{task_id}_2", outcome="failed"), 20)
    told = of_process(stack, "worker", request_id=request_id)
    assert {line.get("job_id") for line in told} >= {f"{task_id}_1", f"{task_id}_2"}
    [again] = [line for line in told if line["event"] == "attempt_failed"]
    assert (again["level"], again["attempt"]) == ("warning", 1)
    assert not any("redis is away" in line["event"] for line in told)


def test_who_hogs_the_processor_is_named_with_the_request(stack, ada):
    request_id = f"req-{uuid4()}"

    submit(ada, "hog", request_id)

    wait_until(lambda: "the loop is blocked by hog" in events(stack, "worker", request_id=request_id), 20)


def test_a_stream_and_a_socket_have_a_line_when_they_end(stack, ada):
    person = ada.get("/api/users/profile/")["id"]
    with EventClient(stack.port):
        pass
    with closing(
        create_connection(f"ws://127.0.0.1:{stack.port}/ws/notifications/?token={ada.access}")
    ) as peer:
        peer.recv()
    with closing(
        create_connection(f"ws://127.0.0.1:{stack.port}/ws/notifications/?token=bad-{PRIVATE}")
    ) as no:
        no.recv()

    wait_until(lambda: of_process(stack, "web", event="stream_ended"), 30)
    wait_until(lambda: len(of_process(stack, "web", event="socket_ended")) >= 2, 30)
    stream = of_process(stack, "web", event="stream_ended")[0]
    assert (stream["path"], stream["bytes"] > 0, stream["ms"] > 0) == ("/events/", True, True)
    sockets = {line["code"]: line for line in of_process(stack, "web", event="socket_ended")}
    assert sockets[4401]["path"] == "/ws/notifications/"
    [known] = of_process(stack, "web", event="socket_ended", user_id=person)
    assert (known["sent"], known["received"], known["bytes"] > 0) == (1, 0, True)


def break_things(stack: Stack, ada: ApiClient) -> None:
    """What goes wrong in production: bad input, wrong passwords, servers that are away, killed processes."""
    form = {"Content-Type": "application/json"}
    requests.post(f"{stack.url}/submit/", data=f'{{"message": "{PRIVATE}', headers=form, timeout=10)
    requests.post(f"{stack.url}/submit/?token={PRIVATE}", json={"message": 7, "x": PRIVATE}, timeout=10)
    requests.get(f"{stack.url}/api/history/?q={PRIVATE}&limit={PRIVATE}", timeout=10)
    login = {"email": ada.email, "password": PRIVATE}
    requests.post(f"{stack.url}/api/users/login/", json=login, cookies={"session": PRIVATE}, timeout=10)
    requests.get(f"{stack.url}/events/?ticket={PRIVATE}", timeout=10)
    requests.get(
        f"{stack.url}/api/users/profile/", headers={"Authorization": f"Bearer {PRIVATE}"}, timeout=10
    )
    with stack.refused_by_postgres():
        requests.post(f"{stack.url}/submit/", json={"message": PRIVATE}, timeout=10)
    wait_until(lambda: stack.answers("/readyz"), 30)
    for name in ("worker", "cruncher", "web", "scheduler", "shipper"):
        stack.kill(name)
        stack.start(name)
    # A web process that has lost its master answers for a moment longer.
    wait_until(
        lambda: len(of_process(stack, "web", event="live_subscribed")) >= 2, 60, what="a new web process"
    )
    wait_until(lambda: len(of_process(stack, "scheduler")) >= 2, 60, what="a new scheduler")
    wait_until(lambda: stack.answers("/readyz"), 60)


def test_whatever_breaks_every_line_is_json_and_none_is_private(stack, ada):
    submit(ada, "ping", "the-last-one", text=PRIVATE)
    break_things(stack, ada)

    passwords = [PASSWORD, DATABASE_PASSWORD, CLICKHOUSE_PASSWORD]
    private = [PRIVATE, SECRET_KEY, *passwords, ada.access, ada.refresh]
    for name in (*PROCESSES, "setup", "all/pingpong"):
        log = stack.home / f"{name}.log"
        assert lines(log), log
        assert [line for line in lines(log) if not line.keys() >= ALWAYS] == []
        assert [secret for secret in private if secret in log.read_text()] == []
    assert events(stack, "web") >= {"database_unavailable", "task_accepted"}
    assert {line["logger"] for line in of_process(stack, "web")} >= {"gunicorn.error", "pingpong.logs.access"}


def test_all_processes_share_the_log_file(stack):
    in_file = lines(stack.home / "all" / "pingpong.log")

    assert {line["process"] for line in in_file} >= {*PROCESSES, "flask"}

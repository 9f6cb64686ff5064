"""The process: its line, its options, its end."""

import signal
import socket
import subprocess

import pytest

from tests.dsp.sandbox.visits import poll, raw_submit, submit
from tests.dsp.sandbox_client import SandboxServer
from tests.processes import python
from tests.waiting import wait_until

COMMAND = python("-m", "pingpong.dsp.sandbox")


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_its_one_line_says_where_it_answers(tmp_path):
    with SandboxServer(log=tmp_path / "log") as sandbox:
        assert sandbox.line == f"The DSP sandbox answers at {sandbox.url}\n"
        assert submit(sandbox).status_code == 202
        process = sandbox.process
        process.terminate()

        assert process.stdout.read() == ""


def test_its_log_says_what_each_request_met(tmp_path):
    with SandboxServer(log=tmp_path / "log", mode="reject_400") as sandbox:
        submit(sandbox)

        line = wait_until(lambda: [line for line in log_of(tmp_path) if "answered" in line])[0]

    for word in ("method=POST", "path=/v1/campaign", "met=reject_400", "status=400", "process=dsp-sandbox"):
        assert word in line


def test_a_broken_connection_leaves_no_stack_in_the_log(tmp_path):
    with SandboxServer(log=tmp_path / "log", mode="reset") as sandbox:
        for _ in range(3):
            with raw_submit(sandbox) as connection, pytest.raises(ConnectionResetError):
                connection.recv(1)

    assert "Traceback" not in (tmp_path / "log").read_text()


def log_of(folder) -> list[str]:
    return (folder / "log").read_text().splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_it_with_0_though_a_client_is_held(tmp_path, number: signal.Signals):
    with SandboxServer(log=tmp_path / "log", mode="timeout") as sandbox, raw_submit(sandbox):
        wait_until(lambda: sandbox.stats()["received"] == 1)

        sandbox.process.send_signal(number)

        assert sandbox.process.wait(10) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_it_can_be_started_again_on_its_port_and_has_forgotten_everything():
    with SandboxServer() as sandbox:
        entity_id = submit(sandbox).json()["id"]
        url = sandbox.url
        sandbox.stop()
        sandbox.start()

        assert sandbox.url == url
        assert poll(sandbox, entity_id).status_code == 404


def test_a_taken_port_is_said_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        refused = ended("--port", str(port))

    assert refused.returncode == 1
    assert refused.stdout == ""
    said = f"The sandbox cannot listen: Address already in use: ('127.0.0.1', {port}).\n"
    assert refused.stderr == said


def test_help_explains_every_option_and_the_exit_codes():
    helped = ended("--help")

    assert helped.returncode == 0
    for option in ("host", "port", "limit", "window", "latency-min", "latency-max", "processing-s", "mode"):
        assert f"--{option}" in helped.stdout
    assert "Exit codes" in helped.stdout

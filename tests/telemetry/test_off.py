"""Without an address nothing is loaded, and what the code says on its hot paths costs next to nothing."""

import subprocess
import sys

from pingpong.queue.batching import Batcher
from pingpong.telemetry.reports import reports
from pingpong.telemetry.spans import OFF, spans

WHAT_IS_LOADED = """
import sys
from pingpong import create_app
from pingpong.settings import load_settings
from pingpong.telemetry import end_telemetry, init_reports, init_traces
settings = load_settings(sentry_dsn="", otel_exporter_otlp_endpoint="")
init_reports(settings, "web")
init_traces(settings, "web", create_app(settings))
import pingpong.ops.io_worker, pingpong.ops.cruncher
end_telemetry()
print([name for name in sys.modules if name.startswith({unwanted})])
"""
# redis-py itself loads OpenTelemetry's metrics where it finds them.
UNWANTED = (
    "sentry_sdk",
    "opentelemetry.sdk.trace",
    "opentelemetry.exporter",
    "opentelemetry.instrumentation",
)


def test_nothing_of_their_libraries_is_loaded():
    command = [sys.executable, "-c", WHAT_IS_LOADED.format(unwanted=UNWANTED)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_no_span_and_no_report_is_made():
    assert spans.step("enqueue") is spans.together("enqueue", [None]) is spans.job("ping", "1", {}) is OFF
    assert reports.job("ping") is OFF
    assert (spans.here(), spans.carrier(), spans.ids()) == (None, {}, {})


def test_a_batch_is_done_as_ever():
    assert Batcher(lambda numbers: [number + 1 for number in numbers], name="add")(1) == 2

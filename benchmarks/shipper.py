"""`python -m benchmarks.shipper`: how fast the event log catches up, and what that costs.

Fills the outbox of an embedded Postgres, starts one shipper, and prints events a second until ClickHouse has
all of them, with the processor time of each side; beside the usual outbox relay as the peer.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import TextClause, text

from benchmarks.database import empty_app
from benchmarks.machine import CLONE, Meter, Processes, wait_until_idle
from benchmarks.report import Plan, Section, Target, number, print_alone, say, table
from pingpong.eventlog.clickhouse.target import ClickHouse
from pingpong.extensions import db
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.waiting import wait_until

WANTED_A_SECOND = 20_000
CATCHES_UP_WITHIN_S = 600
OURS, THEIRS = "shipper", "usual relay"
SYSTEMS = {OURS: ("shipper.py", 300_000), THEIRS: ("benchmarks/peers/usual_outbox.py", 50_000)}
"""Each with as many events as take it some seconds."""

FILL = text("""
INSERT INTO event_outbox
  (id, event_type, version, context, environment, request_id, actor_id, occurred_at, batch_id)
SELECT uuidv7(), 'task.answered', 1,
  jsonb_build_object('task_id', gen_random_uuid(), 'kind', 'ping', 'attempt', 1, 'duration_ms', n),
  'production', gen_random_uuid()::text, CASE WHEN n % 2 = 0 THEN gen_random_uuid() END,
  clock_timestamp() - :count * interval '1 ms' + n * interval '1 ms', NULL
FROM generate_series(1, :count) n
""")
DONE = text("""
SELECT NOT EXISTS (SELECT FROM event_outbox WHERE batch_id IS NULL)
  AND NOT EXISTS (SELECT FROM event_batches WHERE shipped_at IS NULL)
""")
BEGUN = text("SELECT EXISTS (SELECT FROM event_outbox WHERE batch_id IS NOT NULL)")
WORDS = """
Events wait in Postgres, with its default durability; one process ships them over HTTP to one ClickHouse, the
embedded engine behind a thin server. The clock runs from the first batch that was taken until the last was
marked. The share of a core is the shipper's processor time by that time. The usual relay makes objects of a
thousand rows, inserts them, and marks each: at least once. Lost and doubled are counted in ClickHouse
afterwards, without `FINAL`. The systems take turns; the table has the medians, but of what must not happen
every case.
"""


@dataclass(frozen=True)
class Run:
    """One backlog, shipped."""

    count: int
    seconds: float
    shipper_s: float
    postgres_s: float
    clickhouse_s: float
    lost: int
    doubled: int


def measure(plan: Plan) -> Section:
    """Let each catch up, in turns."""
    with tempfile.TemporaryDirectory() as home, empty_app(durable=True):
        runs: dict[str, list[Run]] = {name: [] for name in SYSTEMS}
        for round_ in range(plan.rounds):
            for name, (program, full) in SYSTEMS.items():
                say(f"{name}, round {round_ + 1}: {plan.count(full):,} events")
                folder = Path(home) / f"{name}-{round_}"
                folder.mkdir()
                runs[name].append(_catch_up(program, plan.count(full), folder))
    rates = {name: statistics.median(run.count / run.seconds for run in of) for name, of in runs.items()}
    rows = [_row(name, of, rates[name], rates[OURS]) for name, of in runs.items()]
    return Section(
        "The event log catches up",
        "python -m benchmarks.shipper",
        WORDS + "\n" + table(HEADER, rows),
        _targets(runs[OURS], rates),
    )


HEADER = [
    "System",
    "Events",
    "Events/s",
    "ours : it",
    "Share of a core",
    "Its processor ms per 1,000",
    "Postgres'",
    "ClickHouse's",
    "Lost",
    "Doubled",
]


def _catch_up(program: str, count: int, folder: Path) -> Run:
    _fill(count)
    clickhouse = ClickHouseProcess(folder)
    clickhouse.start()
    try:
        ClickHouse(clickhouse.url, 30).close()  # makes the table
        wait_until_idle()
        return _ship(program, count, clickhouse, folder)
    finally:
        clickhouse.kill()


def _fill(count: int) -> None:
    db.session.execute(text("TRUNCATE event_outbox, event_batches"))
    db.session.execute(FILL, {"count": count})
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE event_outbox"))


def _ship(program: str, count: int, clickhouse: ClickHouseProcess, folder: Path) -> Run:
    processes = Processes(folder)
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "CLICKHOUSE_URL": clickhouse.url, "LOG_LEVEL": "error"}
    try:
        process = processes.start("shipper", [sys.executable, program], CLONE, **environment)
        _wait_for(BEGUN, process)
        began_at_s = time.perf_counter()
        meters = [Meter(processes.family), Meter(_postgres), Meter(clickhouse.family)]
        _wait_for(DONE, process)
        seconds = time.perf_counter() - began_at_s
        shipper_s, postgres_s, clickhouse_s = (meter.seconds() for meter in meters)
    finally:
        processes.stop()
    there, different = clickhouse.counts()
    return Run(
        count, seconds, shipper_s, postgres_s, clickhouse_s, lost=count - different, doubled=there - different
    )


def _wait_for(condition: TextClause, process: subprocess.Popen[bytes]) -> None:
    def is_so() -> bool:
        if process.poll() is not None:
            raise RuntimeError("the shipper has ended, see its log")
        answer = bool(db.session.scalar(condition))
        db.session.commit()
        return answer

    wait_until(is_so, CATCHES_UP_WITHIN_S, what=str(condition))


def _postgres() -> list[psutil.Process]:
    """The server that this benchmark has started, and its connections."""
    return [
        member for member in psutil.Process().children(recursive=True) if member.name().startswith("postgres")
    ]


def _row(name: str, runs: Sequence[Run], rate: float, ours: float) -> list[object]:
    def per_thousand_ms(seconds: Sequence[float]) -> str:
        return number(statistics.median(seconds) * 1e6 / runs[0].count)

    return [
        name,
        f"{runs[0].count:,}",
        number(rate),
        number(ours / rate),
        f"{statistics.median(run.shipper_s / run.seconds for run in runs):.0%}",
        per_thousand_ms([run.shipper_s for run in runs]),
        per_thousand_ms([run.postgres_s for run in runs]),
        per_thousand_ms([run.clickhouse_s for run in runs]),
        sum(run.lost for run in runs),
        sum(run.doubled for run in runs),
    ]


def _targets(ours: Sequence[Run], rates: dict[str, float]) -> list[Target]:
    lost, doubled = sum(run.lost for run in ours), sum(run.doubled for run in ours)
    lead = rates[OURS] / rates[THEIRS]
    return [
        Target(
            "Event log: events/s when it catches up",
            f"{WANTED_A_SECOND:,} or more",
            number(rates[OURS]),
            rates[OURS] >= WANTED_A_SECOND,
        ),
        Target("Event log: events/s, times the usual relay", "above 1", number(lead), lead > 1),
        Target("Event log: events lost, doubled", "0, 0", f"{lost}, {doubled}", not lost and not doubled),
    ]


if __name__ == "__main__":
    print_alone(measure, __doc__)

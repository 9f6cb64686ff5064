"""`python -m benchmarks.jobs`: bare jobs, our worker beside stock RQ and Celery, in one run.

Jobs a second, of jobs that do nothing and of jobs that wait for three seconds; what a job costs in Redis; and
what becomes of it when Redis is 2 ms away.
"""

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from statistics import median

from benchmarks.job_runs import JobRun, run_jobs
from benchmarks.job_systems import CONCURRENCY, OURS, PEERS, SIMPLE, SYSTEMS, JobSystem
from benchmarks.latency import delayed, round_trip_ms
from benchmarks.report import Plan, Section, Target, number, print_alone, say, table
from benchmarks.servers import RedisServer

EACH_WAY_MS = 1.0
FAR_NO_OPS = {OURS.name: OURS.no_ops, SIMPLE.name: 150}
LEAST_FAR_PART = 0.8
NOTE = f"""
All jobs are enqueued before the worker starts. The clock runs from the first job taken to the last one ticked
off in Redis. Each system has a Redis of its own; they take turns, and the table has the medians. Celery keeps
no results and gossips with nobody, and prefetches as it likes best; RQ and ours keep each job's result. Ours
and Celery on gevent run {CONCURRENCY:,} jobs at once; the others have no place for so many waiting jobs and
were given three for each place. Round trips are Redis' reads from sockets, commands include those in scripts.
"""


def measure(plan: Plan) -> Section:
    """Let the systems take turns."""
    near: dict[str, list[JobRun]] = defaultdict(list)
    far: dict[str, list[JobRun]] = defaultdict(list)
    for turn in range(plan.rounds):
        for system in SYSTEMS:
            near[system.name].append(_no_ops(turn, system, plan.count(system.no_ops)))
        for system in (OURS, SIMPLE):
            count = plan.count(FAR_NO_OPS[system.name])
            far[system.name].append(_no_ops(turn, system, count, EACH_WAY_MS))
    waits = {system.name: _waits(system) for system in SYSTEMS}
    return _section(plan, _typical(near), _typical(far), waits)


def _no_ops(turn: int, system: JobSystem, count: int, each_way_ms: float = 0) -> JobRun:
    run = run_jobs(system, "nothing", count, each_way_ms)
    where = f", Redis {2 * each_way_ms:g} ms away" if each_way_ms else ""
    say(f"round {turn + 1}: {system.name}{where}: {number(run.jobs_per_s)} jobs that do nothing a second")
    return run


def _waits(system: JobSystem) -> float:
    run = run_jobs(system, "wait", system.waits)
    say(f"{system.name}: {number(run.jobs_per_s)} jobs of three seconds a second")
    return run.jobs_per_s


def _typical(runs: Mapping[str, Sequence[JobRun]]) -> dict[str, JobRun]:
    """The medians."""
    return {
        name: JobRun(*(median(getattr(run, each.name) for run in its) for each in fields(JobRun)))
        for name, its in runs.items()
    }


def _section(
    plan: Plan, near: Mapping[str, JobRun], far: Mapping[str, JobRun], waits: Mapping[str, float]
) -> Section:
    text = f"{NOTE}\n{_rates(plan, near, waits)}\n{_costs(near)}\n{_distance(near, far)}"
    return Section("Bare jobs", "python -m benchmarks.jobs", text, _targets(near, far, waits))


def _rates(plan: Plan, near: Mapping[str, JobRun], waits: Mapping[str, float]) -> str:
    header = ["System", "Jobs/s that do nothing", "ours : it", "Jobs/s of three seconds", "ours : it", "jobs"]
    ours, ours_waiting = near[OURS.name].jobs_per_s, waits[OURS.name]
    return table(
        header,
        [
            [
                system.name,
                number(near[system.name].jobs_per_s),
                number(ours / near[system.name].jobs_per_s),
                number(waits[system.name]),
                number(ours_waiting / waits[system.name]),
                f"{plan.count(system.no_ops):,} and {system.waits:,}",
            ]
            for system in SYSTEMS
        ],
    )


def _costs(near: Mapping[str, JobRun]) -> str:
    rows = [[name, number(run.round_trips), number(run.commands)] for name, run in near.items()]
    return table(["In Redis, per job that does nothing", "Round trips", "Commands"], rows)


def _distance(near: Mapping[str, JobRun], far: Mapping[str, JobRun]) -> str:
    rows = [
        [name, number(near[name].jobs_per_s), number(run.jobs_per_s), f"{_part(near, far, name):.0%}"]
        for name, run in far.items()
    ]
    title = f"Redis {2 * EACH_WAY_MS:g} ms away (a PING takes {_far_ping_ms():.1f} ms)"
    return table([title, "Jobs/s nearby", "Jobs/s far away", "That is"], rows)


def _part(near: Mapping[str, JobRun], far: Mapping[str, JobRun], name: str) -> float:
    return far[name].jobs_per_s / near[name].jobs_per_s


def _far_ping_ms() -> float:
    with (
        tempfile.TemporaryDirectory(prefix="pingpong-bench-") as folder,
        RedisServer(Path(folder)) as server,
        delayed(server, EACH_WAY_MS) as url,
    ):
        return round_trip_ms(url)


def _targets(
    near: Mapping[str, JobRun], far: Mapping[str, JobRun], waits: Mapping[str, float]
) -> list[Target]:
    lead = near[OURS.name].jobs_per_s / max(near[peer.name].jobs_per_s for peer in PEERS)
    waiting_lead = waits[OURS.name] / max(waits[peer.name] for peer in PEERS)
    part = _part(near, far, OURS.name)
    return [
        Target("Jobs/s that do nothing, ours : best peer", "above 1", number(lead), lead > 1),
        Target(
            "Jobs/s of three seconds, ours : best peer", "1 or more", number(waiting_lead), waiting_lead >= 1
        ),
        Target("Jobs/s kept when Redis is 2 ms away", "above 80 %", f"{part:.0%}", part > LEAST_FAR_PART),
    ]


if __name__ == "__main__":
    print_alone(measure, __doc__)

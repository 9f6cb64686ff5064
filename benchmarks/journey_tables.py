"""The journey's figures as tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.journey_runs import Load, Run
from benchmarks.report import Target, number, table

OURS = "pingpong"
BETTER = "**ours, times better than the best peer**"


@dataclass(frozen=True)
class Column:
    """A figure of a run."""

    title: str
    value: Callable[[Run], float]
    is_cost: bool = True
    """Less is better."""


SUBMITS = Column("Submits/s", lambda run: run.submits_per_s, is_cost=False)
ANSWERS = Column("Answers/s", lambda run: run.answers_per_s, is_cost=False)
P50 = Column("Lateness p50, ms", lambda run: run.p50_ms)
P99 = Column("p99, ms", lambda run: run.p99_ms)
CPU = Column("Processor ms/message", lambda run: run.cpu_ms)
GAP = Column("Longest heartbeat gap, s", lambda run: run.beat_gap_s)


def load_table(load: Load, runs: Mapping[str, Run]) -> str:
    """A row for each system, and how ours compares with the best of the others in each column."""
    columns = columns_of(load)
    header = [load.name, *(column.title for column in columns), "Lost", "Doubled", "Early"]
    rows = [
        [name, *(number(column.value(run)) for column in columns), run.lost, run.doubled, run.early]
        for name, run in runs.items()
    ]
    if len(runs) > 1:
        rows.append([BETTER, *(number(times_better(runs, column)) for column in columns), "", "", ""])
    return table(header, rows)


def columns_of(load: Load) -> list[Column]:
    """What says something about a load: the rate does not, where it was given."""
    rates = [SUBMITS] if load.is_burst else []
    ends = [P50, P99] if load.delay_s else [ANSWERS]
    return [*rates, *ends, CPU, GAP]


def times_better(runs: Mapping[str, Run], column: Column) -> float:
    """Ours beside the best peer: above 1, ours is better, whether much or little is good."""
    ours = column.value(runs[OURS])
    peers = [column.value(run) for name, run in runs.items() if name != OURS]
    return min(peers) / ours if column.is_cost else ours / max(peers)


def memory_tables(rest_mb: Mapping[str, float], in_flight_mb: Mapping[int, float]) -> str:
    """At rest, all processes but Postgres and Redis; and our worker by pings in flight."""
    rows = [[name, number(megabytes)] for name, megabytes in rest_mb.items()]
    at_rest = table(["Web, worker and clock at rest", "Memory (PSS), MB"], rows)
    flying = [[f"{count:,}", number(megabytes)] for count, megabytes in in_flight_mb.items()]
    return f"{at_rest}\n{table(['Pings in flight in one worker of ours', 'Its memory (PSS), MB'], flying)}"


def targets(found: Mapping[Load, Mapping[str, Run]], rest_mb: Mapping[str, float]) -> list[Target]:
    """Nothing lost, doubled or early; and better than the best peer."""
    ours = [runs[OURS] for runs in found.values()]
    wrong = [sum(run.lost for run in ours), sum(run.doubled for run in ours), sum(run.early for run in ours)]
    kept = Target("Answers lost, doubled, early", "0, 0, 0", ", ".join(map(str, wrong)), not any(wrong))
    if len(rest_mb) == 1:
        return [kept]
    leads = [
        _lead(f"{load.name}: {column.title}", times_better(runs, column))
        for load, runs in found.items()
        for column in columns_of(load)
        if column is not GAP
    ]
    peers_mb = min(megabytes for name, megabytes in rest_mb.items() if name != OURS)
    return [kept, *leads, _lead("Memory at rest", peers_mb / rest_mb[OURS])]


def _lead(what: str, times: float) -> Target:
    return Target(f"{what}, times better than the best peer", "above 1", number(times), times > 1)

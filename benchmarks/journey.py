"""`python -m benchmarks.journey [system ...]`: submit to stream, ours beside Django and Celery, in one run.

Answers a second without delay; lateness (arrival at the stream minus submit minus delay) at a rate and in a
burst; processor time per message; the gap between heartbeats under load; memory.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.journey_runs import Load, Run, Start, loads, run_load, typical, warm
from benchmarks.journey_tables import OURS, load_table, memory_tables, targets
from benchmarks.machine import memory_mb
from benchmarks.memory import in_flight_mb
from benchmarks.report import Plan, Section, plan_of, plan_parser, print_section, say
from benchmarks.systems import django_celery, pingpong

SYSTEMS: dict[str, Start] = {
    OURS: pingpong,
    "Celery gevent": lambda delay_s: django_celery(delay_s, "gevent"),
    "Celery prefork 2": lambda delay_s: django_celery(delay_s, "prefork", countdown=delay_s > 0),
    "Celery threads 200": lambda delay_s: django_celery(delay_s, "threads"),
}
USUAL = [name for name in SYSTEMS if name != "Celery threads 200"]
"""Two hundred threads have no place for the messages of these loads, and take long to show it."""
IN_FLIGHT = (1_000, 5_000)
NOTE = """
From submit to stream, through web process, Postgres with its default durability, Redis and worker; the load
generator shares the machine. Lateness is arrival at the stream minus submit minus the delay; an answer before
its time is early. Processor time is that of all processes, Postgres and Redis included. The systems take
turns, each load waits until the machine is at rest, and the tables have the medians; of heartbeats the
longest gap, and of what must not happen every case. Celery's pools sleep in the task, but prefork uses a
countdown.
"""


class Journey:
    """What was measured so far."""

    def __init__(self, plan: Plan, names: Iterable[str]) -> None:
        self.loads = loads(plan)
        self.names = list(names)
        self.runs: dict[tuple[str, Load], list[Run]] = defaultdict(list)
        self.rest_mb: dict[str, list[float]] = defaultdict(list)

    def measure(self, rounds: int) -> None:
        """Let the systems take turns."""
        for turn in range(rounds):
            for name in self.names:
                for delay_s in sorted({load.delay_s for load in self.loads}):
                    self._visit(turn, name, delay_s)

    def typical(self, load: Load) -> dict[str, Run]:
        """The medians of each system under a load."""
        return {name: typical(self.runs[name, load]) for name in self.names}

    def _visit(self, turn: int, name: str, delay_s: float) -> None:
        with warm(SYSTEMS[name], delay_s) as system:
            self.rest_mb[name].append(memory_mb(system.processes.family()))
            for load in self.loads:
                if load.delay_s == delay_s:
                    run = run_load(system, load)
                    self.runs[name, load].append(run)
                    say(f"round {turn + 1}: {name}, {load.name}: {run}")


def measure(plan: Plan, names: Sequence[str] = tuple(USUAL)) -> Section:
    """All loads on all systems; ours must be among them."""
    journey = Journey(plan, names)
    journey.measure(plan.rounds)
    found = {load: journey.typical(load) for load in journey.loads}
    rest_mb = {name: median(its) for name, its in journey.rest_mb.items()}
    tables = [load_table(load, runs) for load, runs in found.items()]
    text = "\n".join([NOTE, *tables, memory_tables(rest_mb, in_flight_mb(IN_FLIGHT))])
    return Section("The whole journey", "python -m benchmarks.journey", text, targets(found, rest_mb))


def main() -> None:
    """Measure all systems, or ours and those named."""
    parser = plan_parser(__doc__)
    parser.add_argument(
        "peers", nargs="*", help=f"some of {', '.join(SYSTEMS)}; all but the threads if none is named"
    )
    options = parser.parse_args()
    print_section(measure(plan_of(options), list(dict.fromkeys([OURS, *(options.peers or USUAL)]))))


if __name__ == "__main__":
    main()

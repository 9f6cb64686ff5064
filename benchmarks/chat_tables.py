"""The chats' figures as tables."""

from collections.abc import Callable, Mapping
from operator import attrgetter

from benchmarks.chat_runs import ChatRun, Visit
from benchmarks.report import Target, number, table

OURS = "pingpong"
CHANNELS = "Channels"
BETTER = f"**ours, times better than {CHANNELS}**"
P99_BELOW_MS = 50

Value = Callable[[ChatRun], float]

COLUMNS: dict[str, Value] = {
    "Delivery p50, ms": attrgetter("p50_ms"),
    "p99, ms": attrgetter("p99_ms"),
    "Longest, ms": attrgetter("most_ms"),
    "Processor ms/message": attrgetter("cpu_ms"),
}
WRONG: dict[str, Callable[[ChatRun], int]] = {
    "Lost": attrgetter("lost"),
    "Doubled": attrgetter("doubled"),
    "Out of order": attrgetter("disordered"),
}


def rate_table(rate: float, runs: Mapping[str, ChatRun]) -> str:
    """A row for each system, and how ours compares with the other in each column."""
    header = [f"{rate:g} messages a second", *COLUMNS, *WRONG]
    rows = [
        [name, *(number(value(run)) for value in COLUMNS.values()), *(value(run) for value in WRONG.values())]
        for name, run in runs.items()
    ]
    leads = [number(value(runs[CHANNELS]) / value(runs[OURS])) for value in COLUMNS.values()]
    return table(header, [*rows, [BETTER, *leads, *("" for _ in WRONG)]])


def memory_table(found: Mapping[str, Visit]) -> str:
    """The web process without sockets, and what each of them adds."""
    rows = [[name, number(its.rest_mb), number(its.kb_per_socket)] for name, its in found.items()]
    leads = [number(found[CHANNELS].rest_mb / found[OURS].rest_mb), number(_memory_lead(found))]
    header = ["The web process' own memory", "without sockets, MB", "per socket, kB"]
    return table(header, [*rows, [BETTER, *leads]])


def targets(found: Mapping[str, Visit]) -> list[Target]:
    """Fast enough, better than the peer, and nothing lost, doubled or out of order."""
    runs = found[OURS].runs
    slow, fast = min(runs), max(runs)
    wrong = [sum(value(run) for run in runs.values()) for value in WRONG.values()]
    lead = found[CHANNELS].runs[fast].p99_ms / runs[fast].p99_ms
    p99_ms = runs[slow].p99_ms
    return [
        Target(
            "Chat: deliveries lost, doubled, out of order",
            "0, 0, 0",
            ", ".join(map(str, wrong)),
            not any(wrong),
        ),
        Target(
            f"Chat: delivery p99 at {slow:g}/s",
            f"below {P99_BELOW_MS} ms",
            f"{number(p99_ms)} ms",
            p99_ms < P99_BELOW_MS,
        ),
        _lead(f"Chat: delivery p99 at {fast:g}/s", lead),
        _lead("Chat: memory per socket", _memory_lead(found)),
    ]


def _memory_lead(found: Mapping[str, Visit]) -> float:
    return found[CHANNELS].kb_per_socket / found[OURS].kb_per_socket


def _lead(what: str, times: float) -> Target:
    return Target(f"{what}, times better than {CHANNELS}", "above 1", number(times), times > 1)

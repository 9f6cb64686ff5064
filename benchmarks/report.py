"""What a benchmark hands over: a section of docs/figures.md, and the targets that it met or missed."""

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    rounds: int = 3
    share: float = 1.0
    """The part of each count of messages and jobs that is really sent."""
    beat_s: float = 300
    history_rows: int = 1_000_000

    def count(self, full: int) -> int:
        """So many instead of the full count."""
        return max(1, round(full * self.share))


QUICK = Plan(rounds=1, share=0.2, beat_s=30, history_rows=50_000)


@dataclass(frozen=True)
class Target:
    """What was wanted, and what was reached."""

    what: str
    wanted: str
    reached: str
    is_met: bool

    def row(self) -> list[str]:
        """As the row of a table."""
        return [self.what, self.wanted, self.reached, "yes" if self.is_met else "**no**"]


@dataclass(frozen=True)
class Section:
    """The figures of one benchmark, in Markdown."""

    title: str
    command: str
    text: str
    targets: list[Target] = field(default_factory=list)

    def __str__(self) -> str:
        return f"## {self.title}\n\n`{self.command}` ({today()})\n\n{self.text.strip()}\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def number(value: float) -> str:
    """Three digits that matter, thousands set apart; `n/a` for what could not be measured."""
    if math.isnan(value):
        return "n/a"
    if abs(value) >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()


def say(line: str) -> None:
    """Tell how far the measuring is; the figures alone go to standard output."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {line}\n")
    sys.stderr.flush()


def plan_parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a few minutes: does it work? Not for the page")
    parser.add_argument("--rounds", type=int, help="how often each system has its turn (3)")
    parser.add_argument(
        "--beat-seconds", type=float, help="how long to watch the beat, idle and loaded (300)"
    )
    parser.add_argument("--rows", type=int, help="how long the history is (1,000,000)")
    return parser


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that the options ask for."""
    plan = QUICK if options.quick else Plan()
    return Plan(
        rounds=options.rounds or plan.rounds,
        share=plan.share,
        beat_s=options.beat_seconds or plan.beat_s,
        history_rows=options.rows or plan.history_rows,
    )


def print_alone(measure: Callable[[Plan], Section], description: str | None) -> None:
    """Run one benchmark by itself."""
    print_section(measure(plan_of(plan_parser(description).parse_args())))


def print_section(section: Section) -> None:
    """The figures, then the targets."""
    sys.stdout.write(f"{section}\n{targets_table(section.targets)}")


def targets_table(targets: Iterable[Target]) -> str:
    """Wanted beside reached."""
    return table(["Target", "Wanted", "Reached", "Met"], [target.row() for target in targets])

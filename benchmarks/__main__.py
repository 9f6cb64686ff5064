"""`python -m benchmarks`: measure everything and write docs/figures.md. `--quick` shows whether it works."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import beat, chat, dsp, history, jobs, journey, shipper
from benchmarks.host import machine_table
from benchmarks.machine import CLONE, began_busy
from benchmarks.report import Plan, Section, plan_of, plan_parser, say, targets_table, today

BENCHMARKS: dict[str, Callable[[Plan], Section]] = {
    "journey": journey.measure,
    "jobs": jobs.measure,
    "beat": beat.measure,
    "history": history.measure,
    "chat": chat.measure,
    "dsp": dsp.measure,
    "shipper": shipper.measure,
}
FIGURES = CLONE / "docs" / "figures.md"
PAGE = """# Figures

Written by `make bench` ({day}). Measured on one machine; absolute times differ from machine to machine, so
each stands beside a peer that was measured in the same run. `make bench ARGS=--help` tells how to measure
less. Measurements wait until the machine is at rest; {busy} began all the same while it was not.

{machine}
## Wanted and reached

{targets}
{sections}"""


def main() -> None:
    """Measure, then write the page."""
    parser = plan_parser(__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="may be repeated")
    parser.add_argument("--output", type=Path, default=FIGURES, help="the page to write")
    options = parser.parse_args()
    plan = plan_of(options)
    sections = [_measure(name, plan) for name in options.only or BENCHMARKS]
    options.output.write_text(_page(sections), encoding="utf-8")
    say(f"written: {options.output}")


def _measure(name: str, plan: Plan) -> Section:
    say(f"{name} begins")
    return BENCHMARKS[name](plan)


def _page(sections: Sequence[Section]) -> str:
    targets = [target for section in sections for target in section.targets]
    return PAGE.format(
        day=today(),
        busy=len(began_busy) or "none",
        machine=machine_table(),
        targets=targets_table(targets),
        sections="\n".join(map(str, sections)),
    )


if __name__ == "__main__":
    main()

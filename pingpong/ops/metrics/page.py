"""`python -m pingpong.ops.metrics.page` writes the tables of docs/metrics.md from the metrics themselves."""

from collections.abc import Sequence
from pathlib import Path

from pingpong.dsp import gauges as of_dsp
from pingpong.eventlog import gauges as of_events
from pingpong.metrics.counters import COUNTED, LEVELS
from pingpong.metrics.metric import Metric
from pingpong.ops import gauges as of_ops
from pingpong.ops.metrics import web
from pingpong.ops.metrics.exposition import OURS
from pingpong.tasks import gauges as of_tasks

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
SURVEYS = (of_ops.QUEUES, of_ops.BEAT, of_tasks.SURVEY, of_dsp.SURVEY, of_events.SURVEY)
BEGIN, END = "<!-- written by python -m pingpong.ops.metrics.page -->\n", "<!-- end -->\n"
HEAD = "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n"


def declared() -> dict[str, Sequence[Metric]]:
    """Every metric, under its heading."""
    asked = [gauge for survey in SURVEYS for gauge in survey.gauges]
    return {
        "Of the web processes of a host": web.DECLARED,
        "Of the whole cluster, counted where it happens": (*COUNTED, *LEVELS),
        "Of the whole cluster, asked when `/metrics` is read": (*OURS, *asked),
    }


def tables() -> str:
    """A table for each heading."""
    return "\n".join(
        f"### {heading}\n\n{HEAD}{''.join(map(_row, metrics))}" for heading, metrics in declared().items()
    )


def with_tables(page: str) -> str:
    """The page with its tables as they should be. Raises ValueError if it has no place for them."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
